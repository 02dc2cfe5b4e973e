package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/trust"
)

// Problem is why the catalogue is not what it should be.
type Problem struct {
	Since  time.Time `json:"since"`
	Kind   string    `json:"kind"` // a preau.Kind
	Text   string    `json:"text"`
	Remedy string    `json:"remedy,omitempty"`
}

// trouble is the refresher's last failure: in the log when it begins, changes
// or is over, not at each try, and in a file for `preau status`, which is
// another process.
type trouble struct {
	path  string
	clock preau.Clock
	log   *slog.Logger
	now   *Problem // nil: all is well
	tries int      // in a row that failed the same way
}

func troubleFile(data string) string { return filepath.Join(data, "catalogue-problem.json") }

// newTrouble goes on with what the last run left.
func newTrouble(data string, clock preau.Clock, log *slog.Logger) *trouble {
	t := &trouble{path: troubleFile(data), clock: clock, log: log}
	p, err := ReadProblem(data)
	if err != nil {
		log.Warn("last problem of the catalogue not read", "err", err)
	}
	t.now = p
	return t
}

// note takes the outcome of one try.
func (t *trouble) note(err error) {
	if err == nil {
		if t.now != nil {
			t.log.Info("catalogue refreshed again", "trouble_since", t.now.Since)
			t.keep(nil)
		}
		t.tries = 0
		return
	}
	p := &Problem{Since: t.clock.Now(), Kind: preau.KindOf(err).String(), Text: plain(err), Remedy: preau.RemedyOf(err)}
	same := t.now != nil && t.now.Kind == p.Kind && t.now.Remedy == p.Remedy
	if same {
		p.Since = t.now.Since
	}
	if same && t.tries > 0 {
		t.tries++
		return
	}
	t.tries = 1
	level, msg := slog.LevelWarn, "catalogue not refreshed; what is here is served"
	if trust.ReasonOf(err) != "" {
		level, msg = slog.LevelError, "catalogue refused"
	}
	t.log.Log(context.Background(), level, msg, "err", err, "remedy", p.Remedy)
	t.keep(p)
}

// wait is how long until the next try. A line that is cut is looked for
// often, which costs nothing; what was fetched and is wrong is not fetched
// every twenty seconds again.
func (t *trouble) wait() time.Duration {
	switch {
	case t.tries == 0:
		return refreshEvery
	case t.now != nil && t.now.Kind == preau.Unavailable.String():
		return retryEvery
	}
	return min(retryEvery<<min(t.tries-1, 10), refreshEvery)
}

// keep writes it down. A full disk is no reason to stop refreshing.
func (t *trouble) keep(p *Problem) {
	t.now = p
	var err error
	if p == nil {
		if err = os.Remove(t.path); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	} else {
		var b []byte
		if b, err = json.Marshal(p); err == nil {
			err = durable.WriteBytes(t.path, 0o600, append(b, '\n'))
		}
	}
	if err != nil {
		t.log.Warn("state of the catalogue not noted", "err", err)
	}
}

// plain is what failed in words for people: the causes stay in the log.
func plain(err error) string {
	if e, ok := errors.AsType[*preau.Error](err); ok {
		return e.Text
	}
	return "an error of the box itself; see its log"
}

// ReadProblem reads what the box in a data folder noted; nil: nothing is wrong.
func ReadProblem(data string) (*Problem, error) {
	b, err := os.ReadFile(troubleFile(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the catalogue's problem: %w", err)
	}
	var p Problem
	if err := json.Unmarshal(b, &p); err != nil {
		return nil, fmt.Errorf("read the catalogue's problem: %w", err)
	}
	return &p, nil
}
