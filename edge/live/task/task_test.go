package task_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"preau/edge/live/task"
)

func TestTask_OneWriterAndALookAfterEachMark(t *testing.T) {
	var k task.Task
	if !k.Nudge() || k.Nudge() || k.Wake() || k.Nudge() {
		t.Error("the first mark alone starts a writer")
	}
	if !k.Begin() {
		t.Error("a wake is a look at everything")
	}
	if k.Nudge() || k.End() {
		t.Error("a writer may not go with a mark left")
	}
	if k.Begin() {
		t.Error("a nudge is a look at events alone")
	}
	if !k.End() || !k.Wake() {
		t.Error("after the end the next mark starts a writer")
	}
	if !k.Stop() || k.Wake() {
		t.Error("after Stop none starts")
	}
}

// TestTask_LosesNoNews counts what was said against what a writer has seen.
func TestTask_LosesNoNews(t *testing.T) {
	var k task.Task
	var said, seen, writers atomic.Int64
	var done sync.WaitGroup
	write := func() {
		defer done.Done()
		if writers.Add(1) != 1 {
			t.Error("two writers")
		}
		for {
			k.Begin()
			seen.Store(said.Load())
			writers.Add(-1) // before End: the next one may start right after
			if k.End() {
				return
			}
			writers.Add(1)
		}
	}
	var callers sync.WaitGroup
	for n := range 8 {
		callers.Go(func() {
			for range 5000 {
				said.Add(1)
				done.Add(1)
				if n%2 == 0 && k.Wake() || n%2 == 1 && k.Nudge() {
					go write()
				} else {
					done.Done()
				}
			}
		})
	}
	callers.Wait()
	done.Wait()
	if seen.Load() != said.Load() {
		t.Errorf("seen %d of %d", seen.Load(), said.Load())
	}
}
