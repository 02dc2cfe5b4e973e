package backlog

import "sync/atomic"

// fresh is how long a whole state may be handed out again, in ms.
const fresh = 1000

// Whole is the state as it was written lately, to be handed out as long as
// nothing was added to the log: a class that comes back at once needs it
// written once.
type Whole struct{ last atomic.Pointer[written] }

type written struct {
	next, at int64 // of the log, and when
	text     []byte
}

// Get returns it, written anew if it must be.
func (w *Whole) Get(next, now int64, write func() ([]byte, error)) ([]byte, error) {
	if l := w.last.Load(); l != nil && l.next == next && now-l.at < fresh {
		return l.text, nil
	}
	text, err := write()
	if err != nil {
		return nil, err
	}
	w.last.Store(&written{next: next, at: now, text: text})
	return text, nil
}

// Forget frees one that will not be handed out again.
func (w *Whole) Forget(now int64) {
	if l := w.last.Load(); l != nil && now-l.at > fresh {
		w.last.CompareAndSwap(l, nil)
	}
}
