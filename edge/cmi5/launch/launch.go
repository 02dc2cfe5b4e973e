package launch

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/lrs/document"
	"preau/internal/sqlite"
)

// Request is a person who opens an AU.
type Request struct {
	Person, Course, AU string
	Classes            []string  // of the person
	Mode               cmi5.Mode // "" for the first of Modes
	Language           string    // that they read: fr or en
	Content            string    // where the package's files are, up to and with the last slash; empty when they are not served
	Return             string    // where the AU leads when it is done
}

// Modes are how an AU may be launched, the proper one first. What is judged
// is not judged again, and what was waived need not be.
func Modes(au *course.AU, s cmi5.State) []cmi5.Mode {
	switch {
	case s.Waived:
		return []cmi5.Mode{cmi5.Browse}
	case s.Completed && s.Passed, au.MoveOn != course.NotApplicable && s.Meets(au.MoveOn):
		return []cmi5.Mode{cmi5.Review}
	}
	return []cmi5.Mode{cmi5.Normal, cmi5.Browse}
}

// Launch opens a session: whatever the registration left open is abandoned,
// the launch data is written, launched is said. It returns the session's id.
func (l *Launches) Launch(ctx context.Context, r Request) (id string, err error) {
	var over []string
	err = l.DB.Write(ctx, func(tx *sqlite.Tx) error {
		over, id = nil, preau.NewID().String()
		mine, err := given(tx, r.Person, r.Classes)
		if err != nil {
			return err
		}
		if !slices.Contains(mine, r.Course) {
			return preau.E(preau.NotFound, "this course was not given to you", "Go back to your courses.", nil)
		}
		c, err := cmi5.CourseIn(tx, r.Course)
		if err != nil {
			return err
		}
		au := unit(c, r.AU)
		if au == nil {
			return preau.E(preau.NotFound, "this course has no such part", "Go back to the course.", nil)
		}
		reg, err := l.enrol(tx, c, r.Course, r.Person)
		if err != nil {
			return err
		}
		if over, err = l.abandonOpen(tx, `WHERE s.registration = ? AND s.ended IS NULL`, reg.id[:]); err != nil {
			return err
		}
		all, err := units(tx, reg.id)
		if err != nil {
			return err
		}
		allowed := Modes(au, all[r.AU].State)
		if r.Mode == "" {
			r.Mode = allowed[0]
		}
		if !slices.Contains(allowed, r.Mode) {
			return preau.E(preau.Conflict, fmt.Sprintf("this part is not launched in mode %.20q now", r.Mode), "Go back to the course and open it from there.", nil)
		}
		return l.open(tx, id, r, reg, au)
	})
	if err != nil {
		return "", fmt.Errorf("launch an AU: %w", err)
	}
	l.revoke(ctx, over)
	return id, nil
}

func (l *Launches) open(tx *sqlite.Tx, id string, r Request, reg registration, au *course.AU) error {
	target, err := locate(au, r.Content)
	if err != nil {
		return err
	}
	var random [24]byte
	rand.Read(random[:])
	_, err = tx.Exec(`INSERT INTO cmi5_session (id, registration, au, mode, url, mastery, token, launched, state) VALUES (?,?,?,?,?,?,?,?,'{}')`,
		id, reg.id[:], au.ID, string(r.Mode), target, au.MasteryScore, base64.RawURLEncoding.EncodeToString(random[:]), tx.Now.UnixMilli())
	if err != nil {
		return err
	}
	if err := l.prepare(tx, id, r, reg, au); err != nil {
		return err
	}
	extensions := map[string]any{"launchmode": r.Mode, "launchurl": target, "moveon": au.MoveOn}
	if au.MasteryScore != nil {
		extensions["masteryscore"] = *au.MasteryScore
	}
	if au.LaunchParameters != "" {
		extensions["launchparameters"] = au.LaunchParameters
	}
	return l.say(tx, reg, note{verb: cmi5.Launched, kind: kindAU, publisher: au.ID, title: au.Title, of: au.ActivityType, session: id, extensions: extensions})
}

// locate is where an AU is, whole.
func locate(au *course.AU, content string) (string, error) {
	if au.Online {
		return au.URL, nil
	}
	base, err := url.Parse(content)
	if err != nil || content == "" {
		return "", preau.E(preau.Unavailable, "the box does not serve the files of courses", "Tell whoever runs the box.", err)
	}
	relative, err := url.Parse(au.URL)
	if err != nil {
		return "", fmt.Errorf("read the URL of an AU: %w", err)
	}
	return base.ResolveReference(relative).String(), nil
}

// prepare writes what the AU will read: its launch data (section 10), and the
// learner's preferences (section 11) where there are none yet.
func (l *Launches) prepare(tx *sqlite.Tx, id string, r Request, reg registration, au *course.AU) error {
	data := map[string]any{
		"contextTemplate": map[string]any{"extensions": map[string]string{cmi5.ExtSession: id}, "contextActivities": map[string]any{"grouping": grouping(au.ID)}},
		"launchMode":      r.Mode, "moveOn": au.MoveOn, "returnURL": r.Return,
	}
	if au.MasteryScore != nil {
		data["masteryScore"] = *au.MasteryScore
	}
	if au.LaunchParameters != "" {
		data["launchParameters"] = au.LaunchParameters
	}
	if au.EntitlementKey != "" {
		data["entitlementKey"] = map[string]string{"courseStructure": au.EntitlementKey}
	}
	owner := document.Owner{Kind: document.State, Activity: l.activity(reg.course, kindAU, au.ID), Agent: l.Actor(reg.person).Key(), Person: reg.person, Registration: reg.id}
	if err := put(tx, owner, document.LaunchData, data, false); err != nil {
		return err
	}
	languages := "fr,en"
	if r.Language == "en" {
		languages = "en,fr"
	}
	owner = document.Owner{Kind: document.AgentProfile, Agent: owner.Agent, Person: reg.person}
	return put(tx, owner, "cmi5LearnerPreferences", map[string]string{"languagePreference": languages, "audioPreference": "on"}, true)
}

func put(tx *sqlite.Tx, o document.Owner, name string, v any, fresh bool) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return document.Set(tx, o, document.Document{Name: name, ContentType: "application/json", Content: raw}, fresh)
}

// abandonOpen ends the sessions that where finds, each with its statement,
// and returns their keys for revoke.
func (l *Launches) abandonOpen(tx *sqlite.Tx, where string, args ...any) (over []string, err error) {
	open, err := l.sessions(tx, where, args...)
	if err != nil {
		return nil, err
	}
	for _, s := range open {
		last := s.launched
		if s.heard.After(last) {
			last = s.heard
		}
		n := note{verb: cmi5.Abandoned, kind: kindAU, publisher: s.au, session: s.ID, result: map[string]any{"duration": duration(last.Sub(s.launched))}}
		if err := l.say(tx, s.reg, n); err != nil {
			return nil, err
		}
		s.state.Abandoned, s.ended = true, true
		if err := s.keep(tx); err != nil {
			return nil, err
		}
		if s.key != "" {
			over = append(over, s.key)
		}
	}
	return over, nil
}

// revoke ends keys of sessions that are over. A key that stays by a fault says
// nothing more: Hold refuses it.
func (l *Launches) revoke(ctx context.Context, over []string) {
	for _, key := range over {
		if err := l.Keys.Revoke(ctx, key); err != nil && preau.KindOf(err) != preau.NotFound {
			l.Log.Warn("the key of an ended session not revoked", "err", err)
		}
	}
}

// sweepEvery is how often sessions that were left open are looked for.
const sweepEvery = 30 * time.Minute

// Serve abandons, now and then, the sessions that nobody ended.
func (l *Launches) Serve(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if n, err := l.Sweep(ctx); err != nil && ctx.Err() == nil {
			l.Log.Warn("sessions of courses left open not ended", "err", err)
		} else if n > 0 {
			l.Log.Info("abandoned sessions of courses left open", "sessions", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Sweep abandons what was left open longer than a session lasts.
func (l *Launches) Sweep(ctx context.Context) (n int, err error) {
	var over []string
	err = l.DB.Write(ctx, func(tx *sqlite.Tx) error {
		old := tx.Now.Add(-Life).UnixMilli()
		if err := tx.QueryRow(`SELECT count(*) FROM cmi5_session WHERE ended IS NULL AND launched < ?`, old).Scan(&n); err != nil {
			return err
		}
		over, err = l.abandonOpen(tx, `WHERE s.ended IS NULL AND s.launched < ?`, old)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("abandon sessions left open: %w", err)
	}
	l.revoke(ctx, over)
	return n, nil
}
