package httpkit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"preau"
)

// Event is a line of a long answer: how far it is, or how it ended.
type Event struct {
	Event string `json:"event"` // "progress", "done" or "error"
	*preau.Progress
	Result json.RawMessage `json:"result,omitempty"` // of done
	Error  *Problem        `json:"error,omitempty"`  // of error
}

// Follow answers with the events of something long, a JSON object a line:
// progress as run tells it, then the result, or the error that ended it. An
// error before the first progress is an ordinary answer.
func Follow(w http.ResponseWriter, run func(tell func(preau.Progress)) (any, error)) error {
	var mu sync.Mutex
	begun := false
	send := func(e Event) error {
		mu.Lock()
		defer mu.Unlock()
		if !begun {
			w.Header().Set("Content-Type", "application/x-ndjson")
			begun = true
		}
		if err := json.NewEncoder(w).Encode(e); err != nil {
			return fmt.Errorf("send an event: %w", err)
		}
		return http.NewResponseController(w).Flush()
	}
	result, err := run(func(p preau.Progress) {
		if p.Rate > 0 {
			p.ETA = float64(max(0, p.Bytes-p.BytesDone)) / p.Rate
		}
		_ = send(Event{Event: "progress", Progress: &p}) // nobody listens any more: the work goes on
	})
	if err != nil {
		if !begun {
			return err
		}
		problem := Problem{Kind: preau.KindOf(err).String(), Text: err.Error(), Remedy: preau.RemedyOf(err)}
		return send(Event{Event: "error", Error: &problem})
	}
	raw, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	return send(Event{Event: "done", Result: raw})
}
