package refresh

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"preau"
)

func TestTrouble_OneLineForEachReasonAndASlowerPace(t *testing.T) {
	dir := t.TempDir()
	var said bytes.Buffer
	log := slog.New(slog.NewTextHandler(&said, nil))
	tr := newTrouble(dir, preau.SystemClock(), log)
	away := preau.E(preau.Unavailable, "no answer", "Wait.", nil)
	wrong := preau.E(preau.Corrupt, "wrong bytes", "Publish again.", nil)
	for _, step := range []struct {
		err   error
		lines int // in all
		wait  time.Duration
	}{
		{nil, 0, refreshEvery},
		{away, 1, retryEvery},
		{away, 1, retryEvery}, // a line that comes back is used at once
		{wrong, 2, retryEvery},
		{wrong, 2, 2 * retryEvery},
		{wrong, 2, 4 * retryEvery},
		{nil, 3, refreshEvery},
	} {
		tr.note(step.err)
		if n := strings.Count(said.String(), "\n"); n != step.lines || tr.wait() != step.wait {
			t.Fatalf("after %v: %d lines, want %d; next try in %v, want %v\n%s", step.err, n, step.lines, tr.wait(), step.wait, &said)
		}
		p, err := ReadProblem(dir)
		if err != nil || (p == nil) != (step.err == nil) || p != nil && p.Remedy != preau.RemedyOf(step.err) {
			t.Fatalf("after %v the file says %+v, %v", step.err, p, err)
		}
	}
	for range 100 {
		tr.note(wrong)
	}
	if tr.wait() != refreshEvery {
		t.Fatalf("the next try after a hundred is in %v, want %v", tr.wait(), refreshEvery)
	}
}

func TestTrouble_IsRememberedOverARestart(t *testing.T) {
	dir := t.TempDir()
	wrong := preau.E(preau.Corrupt, "wrong bytes", "Publish again.", nil)
	first := newTrouble(dir, preau.SystemClock(), slog.New(slog.DiscardHandler))
	first.note(wrong)
	again := newTrouble(dir, preau.SystemClock(), slog.New(slog.DiscardHandler))
	again.note(wrong)
	if !again.now.Since.Equal(first.now.Since) {
		t.Fatalf("since %v, want %v", again.now.Since, first.now.Since)
	}
	again.note(nil)
	if p, err := ReadProblem(dir); p != nil || err != nil {
		t.Fatalf("%+v, %v after it is over", p, err)
	}
}
