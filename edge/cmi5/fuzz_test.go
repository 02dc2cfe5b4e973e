package cmi5_test

import (
	"testing"

	"preau/edge/cmi5"
	"preau/edge/lrs/xapi"
)

// FuzzSay: whatever an AU sends, a refusal leaves the state as it was, and
// what is let through is of the session and never undoes what was reached.
func FuzzSay(f *testing.F) {
	f.Add([]byte(`{"id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee","actor":` + actor + `,"verb":{"id":"` + cmi5.Initialized + `"},"object":{"id":"https://box/au"},"timestamp":"2026-11-23T08:00:01Z",
		"context":{"registration":"` + registration + `","contextActivities":{"category":[` + only + `],"grouping":[{"id":"https://ex.org/au"}]},"extensions":{"` + cmi5.ExtSession + `":"s1"}}}`))
	f.Add([]byte(`{"id":"6690e6c9-3ef0-4ed3-8b37-7f3964730bee","actor":` + actor + `,"verb":{"id":"` + cmi5.Passed + `"},"object":{"id":"https://box/au"},"result":{"success":true,"duration":"PT1S","score":{"scaled":0.9}}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		st, err := xapi.Parse(raw, xapi.V103)
		if err != nil {
			return
		}
		for _, before := range []cmi5.State{{}, {Passed: true}, {Terminated: true}} {
			after, err := before.Say(session(t), st)
			if err != nil && after != before {
				t.Fatalf("refused (%v), and the state went from %+v to %+v", err, before, after)
			}
			if err == nil && (before.Terminated || st.ID.IsZero() || st.Context.Registration.String() != registration || before.Passed && !after.Passed) {
				t.Fatalf("let through after %+v: %s", before, raw)
			}
		}
	})
}
