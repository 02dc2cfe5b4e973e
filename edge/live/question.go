package live

import (
	"context"
	"fmt"
	"slices"

	"preau/edge/live/lesson"
	"preau/edge/live/question"
	"preau/internal/sqlite"
)

// keep makes an answer durable, and then has its pupil told so. It counts
// already.
func (h *Hub) keep(r *room, given lesson.Given) error {
	if h.o.Questions != nil {
		ctx, cancel := context.WithTimeout(h.ctx, h.limits.Stall)
		defer cancel()
		if err := h.o.Questions.Answer(ctx, given.ID, given.Answer); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ch := r.lesson.Confirm(given)
	return r.tell(&ch)
}

// questions are those that are to be written with the room.
func (r *room) questions() []lesson.Kept {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.due)
}

// kept notes that the first n are on the disk.
func (r *room) kept(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.due = slices.Delete(r.due, 0, n)
}

func (h *Hub) keepAll(tx *sqlite.Tx, due []lesson.Kept) error {
	if h.o.Questions == nil {
		return nil
	}
	for _, k := range due {
		write := h.o.Questions.Keep
		if k.Ended {
			write = h.o.Questions.End
		}
		if err := write(tx, k.Setting, k.Sheet); err != nil {
			return err
		}
	}
	return nil
}

// resumeQuestions brings the answers back to the questions that were on the
// screens when the box stopped.
func (h *Hub) resumeQuestions(ctx context.Context) error {
	for _, r := range h.rooms {
		asked := r.lesson.State.Question
		if asked == nil {
			continue
		}
		var given []question.Answer
		if h.o.Questions != nil {
			var err error
			if given, err = h.o.Questions.Answers(ctx, asked.ID); err != nil {
				return fmt.Errorf("resume the question of room %s: %w", r.id, err)
			}
		}
		r.lesson.Resume(given)
	}
	return nil
}
