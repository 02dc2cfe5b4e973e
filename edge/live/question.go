package live

import (
	"context"
	"fmt"
	"slices"

	"preau"
	"preau/edge/live/lesson"
	"preau/edge/live/question"
)

// keep makes an answer durable, and then has its pupil told so. It counts
// already: when the disk fails, the pupil's tablet is to send it again.
func (h *Hub) keep(r *room, given lesson.Given) error {
	if h.o.Questions != nil {
		if err := h.write(r, given); err != nil {
			h.log.Error("an answer is not on the disk yet", "room", r.id, "err", err)
			if preau.KindOf(err) == preau.Full {
				return err
			}
			return preau.E(preau.Unavailable, "the box has not written this down yet", "Send it again.", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ch := r.lesson.Confirm(given)
	return r.tell(&ch)
}

// write writes an answer, after its question when that is not yet: the save
// that should have may have failed.
func (h *Hub) write(r *room, given lesson.Given) error {
	ctx, cancel := context.WithTimeout(h.ctx, h.limits.Stall)
	defer cancel()
	r.mu.RLock()
	due, change := len(r.due) > 0, r.change
	r.mu.RUnlock()
	if due {
		if err := h.save(ctx, r, change, nil); err != nil {
			return err
		}
	}
	return h.o.Questions.Answer(ctx, given.ID, given.Answer)
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
