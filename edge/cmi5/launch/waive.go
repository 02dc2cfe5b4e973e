package launch

import (
	"context"
	"fmt"
	"slices"

	"preau"
	"preau/edge/cmi5"
	"preau/internal/sqlite"
)

// Reasons are why an AU may be waived (9.5.5.2).
func Reasons() []string {
	return []string{"Tested Out", "Equivalent AU", "Equivalent Outside Activity", "Administrative"}
}

// Waive says that a person need not do an AU. The session id is of its own
// (9.3.7), and of what is satisfied by it.
func (l *Launches) Waive(ctx context.Context, teacher, courseID, auID, pid, reason string) error {
	if !slices.Contains(Reasons(), reason) {
		return preau.E(preau.Invalid, fmt.Sprintf("%.40q is no reason to waive a part", reason), "Choose one of the list.", nil)
	}
	err := l.DB.Write(ctx, func(tx *sqlite.Tx) error {
		c, err := cmi5.CourseIn(tx, courseID)
		if err != nil {
			return err
		}
		au := unit(c, auID)
		if au == nil {
			return preau.E(preau.NotFound, "this course has no such part", "Go back to the course.", nil)
		}
		reg, err := l.enrol(tx, c, courseID, pid)
		if err != nil {
			return err
		}
		all, err := units(tx, reg.id)
		if err != nil {
			return err
		}
		u := all[auID]
		if u.Waived || Modes(au, u.State)[0] != cmi5.Normal {
			return preau.E(preau.Conflict, "this part is done or waived already", "There is nothing left to do.", nil)
		}
		u.Reason = reason
		if err := save(tx, reg.id, auID, u); err != nil {
			return err
		}
		session := preau.NewID().String()
		err = l.say(tx, reg, note{
			verb: cmi5.Waived, kind: kindAU, publisher: au.ID, title: au.Title, of: au.ActivityType, session: session, moves: true, instructor: teacher,
			result: map[string]any{"success": true, "completion": true, "extensions": map[string]string{extReason: reason}},
		})
		if err != nil {
			return err
		}
		return l.settle(tx, reg, c, session)
	})
	if err != nil {
		return fmt.Errorf("waive an AU: %w", err)
	}
	return nil
}
