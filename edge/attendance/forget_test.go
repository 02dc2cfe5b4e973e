package attendance_test

import (
	"testing"
	"time"

	"preau"
	"preau/edge/attendance"
)

// TestPurge_GoesPastItsFirstBatch: more registers with marks than one
// transaction takes.
func TestPurge_GoesPastItsFirstBatch(t *testing.T) {
	s := open(t)
	const registers = 501
	for range registers {
		s.take(t, attendance.Register{ID: preau.NewID(), Lesson: preau.NewID(), Class: "6a", Teacher: "claire", Start: s.clock.Now(), At: s.clock.Now(),
			Marks: marks{"6a-03": {State: attendance.Absent}}})
	}
	if n, err := s.Purge(t.Context(), s.clock.Now().Add(time.Hour)); err != nil || n != 2*registers {
		t.Errorf("purged %d rows, want %d registers with a mark each: %v", n, registers, err)
	}
	if left, err := s.All(t.Context(), "6a-03"); err != nil || len(left) != 0 {
		t.Errorf("%d marks are left, %v", len(left), err)
	}
}
