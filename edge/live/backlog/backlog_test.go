package backlog_test

import (
	"testing"

	"preau/edge/live/backlog"
)

func TestLog_KeepsTheLastOfItsNumberAndBytes(t *testing.T) {
	l := backlog.New(4, 10)
	for n := byte(1); n <= 6; n++ {
		l.Add([]byte{n})
	}
	if l.Next != 17 || l.First != 13 || l.At(16)[0] != 6 || l.At(13)[0] != 3 {
		t.Errorf("log %+v", l)
	}
	for seq, want := range map[int64]bool{12: false, 13: true, 17: true, 18: false} {
		if l.Holds(seq) != want {
			t.Errorf("holds %d: %v", seq, !want)
		}
	}
	l.Add(make([]byte, 1<<20-2))
	if l.First != 15 || !l.Holds(15) {
		t.Errorf("after a large one the oldest is %d", l.First)
	}
	l.Add(make([]byte, 2<<20)) // over all: it alone is kept
	if l.First != 18 || l.Next != 19 {
		t.Errorf("%d to %d", l.First, l.Next)
	}
}
