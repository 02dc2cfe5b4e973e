package rehearse

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/live/client"
	"preau/edge/live/protocol"
	"preau/provisioning/rehearse/visit"
)

// played is a lesson of three pushes, a second apart, with a board and a
// tablet; each heard them 20 ms late.
func played(t *testing.T) (l *lesson, tablet *screen) {
	t.Helper()
	began := time.Now()
	l = &lesson{cast: &cast{o: Options{Length: time.Minute}, board: newScreen(&person{&visit.Person{}}, Options{}), tablets: []*screen{newScreen(&person{&visit.Person{}}, Options{})}}}
	l.teacher = newScreen(&person{&visit.Person{}}, Options{})
	l.teacher.Client = client.New(l.teacher.line) // on no line
	for i, what := range []protocol.Kind{"open", "pause", "play"} {
		at, seq := began.Add(time.Duration(i)*time.Second), int64(i+1)
		l.pushes = append(l.pushes, push{what, at, seq})
		for _, s := range l.all() {
			s.heard[seq] = at.Add(20 * time.Millisecond)
		}
	}
	return l, l.tablets[0]
}

func TestReport_OfALessonWithoutFault(t *testing.T) {
	l, _ := played(t)
	r := l.report()
	if r.Pushes != 3 || r.Heard != 6 || r.Missed != 0 || r.Latency.Max != 20 || len(r.Faults) != 0 || r.Err() != nil {
		t.Errorf("report %+v", r)
	}
	var told bytes.Buffer
	r.Print(&told)
	if text := told.String(); !strings.Contains(text, "3; 6 reached a screen, 0 missed") || strings.Contains(text, "FAULT") {
		t.Errorf("told %s", text)
	}
}

func TestReport_CountsWhatAScreenNeverHeardOf(t *testing.T) {
	l, tablet := played(t)
	delete(tablet.heard, 2)
	if r := l.report(); r.Missed != 1 || r.Heard != 5 || preau.KindOf(r.Err()) != preau.Unavailable {
		t.Errorf("report %+v", r)
	}
	tablet.state[2] = true // it came back into a state that has the push
	if r := l.report(); r.Missed != 0 {
		t.Errorf("a push that a state holds is missed: %+v", r)
	}
}

func TestReport_JudgesNoTimeWithoutALine(t *testing.T) {
	l, tablet := played(t)
	sent := l.pushes[1].at
	tablet.heard[2] = sent.Add(3 * time.Second)
	if r := l.report(); r.Latency.Max != 3000 || r.Slowest != "pause" || len(r.Faults) != 1 {
		t.Errorf("late: %+v", r)
	}
	tablet.spans = []gap{{sent.Add(-time.Second), sent.Add(2 * time.Second)}}
	tablet.backs = []time.Duration{time.Second}
	if r := l.report(); r.Latency.Max != 20 || r.Back.Max != 1000 || len(r.Faults) != 0 {
		t.Errorf("cut off meanwhile: %+v", r)
	}
}

func TestReport_SaysWhatWentWrong(t *testing.T) {
	l, tablet := played(t)
	tablet.doubled, tablet.drops, tablet.starved, tablet.why = 1, 2, 3, errors.New("the line is gone")
	r := l.report()
	var told bytes.Buffer
	r.Print(&told)
	for _, want := range []string{"1 pushes came twice", "2 lines were lost", "broke off 3 times", "the line is gone"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("%q is not said in %s", want, told.String())
		}
	}
	if len(r.Faults) != 3 {
		t.Errorf("faults %+v", r.Faults)
	}
	if r := (&lesson{cast: l.cast}).report(); len(r.Faults) == 0 || r.Faults[0].Text != "not one push was carried out" {
		t.Errorf("of no push: %+v", r.Faults)
	}
}

func TestEnd_ThatFailsIsOneFaultOfTheReport(t *testing.T) {
	l, _ := played(t)
	l.running = true
	l.end(t.Context())
	if r := l.report(); r.Heard != 6 || len(r.Faults) != 1 || !strings.Contains(r.Faults[0].Text, "end: "+client.ErrNotConnected.Error()) {
		t.Errorf("report %+v", r)
	}
	if !l.running {
		t.Error("close would not try again")
	}
}
