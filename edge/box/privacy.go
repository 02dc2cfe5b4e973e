package box

import (
	"context"
	"encoding/json"
	"time"

	"preau"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/edge/plan"
	"preau/edge/privacy"
)

// openPrivacy lists every part that keeps something of people.
func (b *Box) openPrivacy(context.Context) error {
	b.privacy = privacy.New(privacy.Deps{
		DB: b.db, Journal: b.journal, Directory: b.directory, Clock: b.clock, Zone: b.zone, Log: b.opts.Log,
		Parts: []privacy.Part{
			{Name: "attendance", Stream: preau.StreamAttendance, Purge: b.attendance.Purge, Erase: b.attendance.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.attendanceOf(ctx, pid) }},
			{Name: "progress", Stream: preau.StreamLearning, Purge: b.progress.Purge, Erase: b.progress.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.progress.All(ctx, pid) }},
			{Name: "plans", Stream: preau.StreamContent, Purge: b.plans.Purge, Erase: b.plans.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.plansOf(ctx, pid) }},
			{Name: "annotations", Stream: preau.StreamContent, Purge: b.purgeInk,
				Erase: func(ctx context.Context, pid string) error { return b.hub.Ink().Erase(ctx, pid) },
				Read:  func(ctx context.Context, pid string) (any, error) { return b.hub.Ink().All(ctx, pid) }},
			{Name: "cases", Stream: preau.StreamCase, Purge: b.cases.Purge, Erase: b.cases.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.cases.About(ctx, pid) }},
			{Name: "courses", Stream: preau.StreamLearning, Purge: b.launches.Purge, Erase: b.launches.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.launches.All(ctx, pid) }},
			{Name: "questions", Stream: preau.StreamLearning, Purge: b.results.Purge, Erase: b.results.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.results.All(ctx, pid) }},
			{Name: "documents", Stream: preau.StreamLearning, Purge: b.lrs.Documents.Purge, Erase: b.lrs.Documents.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.lrs.Documents.All(ctx, pid) }},
			{Name: "statements", Stream: preau.StreamLearning, EraseReceipted: b.lrs.Records.Erase,
				Read: func(ctx context.Context, pid string) (any, error) { return b.statementsOf(ctx, pid) }},
			{Name: "sessions", Stream: preau.StreamTelemetry, Erase: b.access.Forget},
			{Name: "passkeys", Stream: preau.StreamTelemetry, // erased with the sessions: they hang on the account
				Read: func(ctx context.Context, pid string) (any, error) { return b.passkeys.Of(ctx, pid) }},
		},
	})
	return nil
}

// purgeInk deletes the annotations of who left so long ago.
func (b *Box) purgeInk(ctx context.Context, before time.Time) (int64, error) {
	return b.hub.Ink().Purge(ctx, before, func(ctx context.Context, pid string) (time.Time, error) {
		who, err := b.directory.Person(ctx, pid)
		return who.Closed, err
	})
}

func (b *Box) attendanceOf(ctx context.Context, pid string) (any, error) {
	marks, err := b.attendance.All(ctx, pid)
	if err != nil {
		return nil, err
	}
	missed, err := b.attendance.Missed(ctx, pid, time.Unix(0, 0), b.clock.Now().AddDate(0, 0, 1))
	if err != nil {
		return nil, err
	}
	type half struct {
		Date      string `json:"date"`
		Afternoon bool   `json:"afternoon"`
		Reason    string `json:"reason,omitempty"`
	}
	halves := []half{}
	for _, m := range missed {
		halves = append(halves, half{m.Date.Format(time.DateOnly), m.Afternoon, m.Reason})
	}
	return map[string]any{"marks": marks, "half_days": halves}, nil
}

func (b *Box) plansOf(ctx context.Context, pid string) (any, error) {
	own, err := b.plans.Owned(ctx, pid)
	if err != nil {
		return nil, err
	}
	ratings, err := b.plans.Ratings(ctx, pid)
	if err != nil {
		return nil, err
	}
	classes, err := b.directory.ClassesOf(ctx, pid)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range classes {
		ids = append(ids, c.ID)
	}
	given, err := b.plans.For(ctx, pid, ids, b.clock.Now())
	if err != nil {
		return nil, err
	}
	type followed struct {
		Title string     `json:"title"`
		Done  int        `json:"done"`
		Of    int        `json:"of"`
		Hours plan.Hours `json:"hours"`
	}
	states := []followed{}
	for _, a := range given {
		s, err := b.plans.Of(ctx, a.Plan, pid)
		if err != nil {
			return nil, err
		}
		states = append(states, followed{a.Title, s.Done, s.Of, s.Hours})
	}
	return map[string]any{"own": own, "ratings": ratings, "given": states}, nil
}

// statementsOf are the traces about a person, whole, the newest first.
func (b *Box) statementsOf(ctx context.Context, pid string) (all []json.RawMessage, err error) {
	q := record.Query{Agent: &xapi.Agent{Account: xapi.Account{HomePage: b.home(), Name: pid}}, RelatedAgents: true, Limit: record.MaxLimit}
	for {
		page, err := b.lrs.Records.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		if all = append(all, page.Statements...); page.More == "" || len(all) > 200_000 {
			return all, nil
		}
		if q, err = b.lrs.Records.Continue(page.More); err != nil {
			return nil, err
		}
	}
}
