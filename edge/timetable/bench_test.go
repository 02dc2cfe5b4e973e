package timetable_test

import (
	"fmt"
	"testing"
	"time"

	"preau/edge/timetable"
)

// BenchmarkLesson finds a lesson that nobody has started in the week of a
// collège of 24 divisions: what the roll page asks first.
func BenchmarkLesson(b *testing.B) {
	now := time.Date(2026, 9, 14, 8, 5, 0, 0, paris)
	tt, c := open(b, now)
	var slots []timetable.Slot
	for class := range 24 {
		for hour := range 28 {
			slots = append(slots, timetable.Slot{Key: fmt.Sprint(class, "-", hour), Class: fmt.Sprint(class), Teacher: fmt.Sprint(class % 9), Subject: "x", Room: fmt.Sprint(class),
				Weekday: time.Weekday(hour%5 + 1), From: 8*60 + hour/5*60, Minutes: 55})
		}
	}
	if err := tt.Apply(b.Context(), "siecle", slots); err != nil {
		b.Fatal(err)
	}
	day, err := tt.All(b.Context(), c.now)
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		if _, err := tt.Lesson(b.Context(), day[len(day)-1].ID); err != nil {
			b.Fatal(err)
		}
	}
}
