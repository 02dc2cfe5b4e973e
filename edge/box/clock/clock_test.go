package clock

import (
	"testing"
	"time"

	"preau"
)

func TestClock_NeverRunsBackwards(t *testing.T) {
	dir := t.TempDir()
	built := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	synced := true
	open := func() *Clock {
		c, err := Open(dir, built)
		if err != nil {
			t.Fatal(err)
		}
		c.system, c.synced = func() time.Time { return now }, func() bool { return synced }
		return c
	}
	c := open()
	if got := c.Now(); !got.Equal(now) || c.State() != preau.ClockSynced {
		t.Fatalf("told %v (%s), want %v synced", got, c.State(), now)
	}
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	saved := now

	synced = false
	for _, wake := range []time.Time{time.Unix(0, 0), built.Add(-time.Hour), saved.Add(-time.Minute)} {
		now = wake
		c = open()
		a, b := c.Now(), c.Now()
		if a.Before(saved) || !b.After(a) {
			t.Errorf("woke at %v: told %v then %v, want growing from %v", wake, a, b, saved)
		}
		if c.State() != preau.ClockUnsure {
			t.Errorf("woke at %v: state %s, want unsure", wake, c.State())
		}
	}
}

func TestClock_HeldAfterSyncIsLost(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	synced := true
	c, err := Open(t.TempDir(), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	c.system, c.synced = func() time.Time { return now }, func() bool { return synced }
	c.Now()
	if c.State() != preau.ClockSynced {
		t.Fatal("want synced")
	}
	synced = false
	now = now.Add(time.Minute)
	if got := c.State(); got != preau.ClockHeld {
		t.Fatalf("state %s, want held", got)
	}
}
