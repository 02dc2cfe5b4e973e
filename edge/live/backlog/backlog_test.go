package backlog_test

import (
	"testing"

	"preau/edge/live/backlog"
)

func TestLog_KeepsTheLastOfItsNumberAndBytes(t *testing.T) {
	l := backlog.New(4, 10)
	for n := byte(1); n <= 6; n++ {
		l.Add([]byte{n}, true)
	}
	if l.Next != 17 || l.First != 13 || l.At(16)[0] != 6 || l.At(13)[0] != 3 {
		t.Errorf("log %+v", l)
	}
	for seq, want := range map[int64]bool{12: false, 13: true, 17: true, 18: false} {
		if l.Holds(seq) != want {
			t.Errorf("holds %d: %v", seq, !want)
		}
	}
	for seq, want := range map[int64]byte{12: 0, 13: 3, 16: 6, 17: 0} {
		if got := append(l.Read(seq), 0)[0]; got != want {
			t.Errorf("reads %d at %d, want %d", got, seq, want)
		}
	}
	l.Add(make([]byte, 1<<20-2), true)
	if l.First != 15 || !l.Holds(15) {
		t.Errorf("after a large one the oldest is %d", l.First)
	}
	l.Add(make([]byte, 2<<20), true) // over all: it alone is kept
	if l.First != 18 || l.Next != 19 {
		t.Errorf("%d to %d", l.First, l.Next)
	}
}

func TestLog_GrowsForWhatDoesNotCount(t *testing.T) {
	l := backlog.New(4, 0)
	l.Add([]byte("stage"), true)
	for range 4 * 8 {
		l.Add([]byte("ink"), false)
	}
	if l.Holds(1) || !l.Holds(2) || l.Next != 34 {
		t.Errorf("after 32 pieces of ink it holds %d to %d, want 2 to 33", l.First, l.Next-1)
	}
	for seq := int64(2); seq < l.Next; seq++ {
		if string(l.At(seq)) != "ink" {
			t.Fatalf("event %d is %q", seq, l.At(seq))
		}
	}
	for range 3 {
		l.Add(make([]byte, 600<<10), false)
	}
	if l.First != l.Next-1 {
		t.Errorf("bytes do not bound it: %d to %d", l.First, l.Next-1)
	}
}
