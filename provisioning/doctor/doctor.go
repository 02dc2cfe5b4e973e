// Package doctor examines a box and says what is wrong and what to do. It
// promises to change nothing, to answer within a bounded time even when what
// it asks does not, and a remedy beside each problem. It refuses to repair.
package doctor

import (
	"context"
	"log/slog"
	"time"

	"preau"
	"preau/provisioning/enrol"
)

// State is how a check ended.
type State string

// The states. A warning is something to look at; a failure keeps the box from
// part of its work.
const (
	OK   State = "ok"
	Warn State = "warn"
	Fail State = "fail"
)

// Finding is the outcome of one check: `preau doctor --json`.
type Finding struct {
	Check  string `json:"check"`
	State  State  `json:"state"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// Patient is what is examined.
type Patient struct {
	Data  string // the box's folder
	HTTP  string // addresses the box serves on, or is to
	HTTPS string
	Built time.Time // of this release
	Log   *slog.Logger
}

// limit bounds each check.
const limit = 15 * time.Second

// Examine runs every check, in the order in which a fault explains the next.
func Examine(ctx context.Context, p Patient) []Finding {
	e := &examination{Patient: p}
	var found []Finding
	for _, check := range []func(context.Context) Finding{
		e.folder, e.space, e.holder, e.clock, e.configuration, e.identity, e.ports, e.database, e.catalogue, e.store, e.processor,
	} {
		ctx, cancel := context.WithTimeout(ctx, limit)
		found = append(found, check(ctx))
		cancel()
	}
	return found
}

// examination carries what earlier checks learned.
type examination struct {
	Patient
	running  bool
	config   enrol.Config
	isConfig bool
}

func ok(check, text string) Finding { return Finding{Check: check, State: OK, Text: text} }

func warn(check, text, remedy string) Finding {
	return Finding{Check: check, State: Warn, Text: text, Remedy: remedy}
}

// fail takes its words from err when it has some for people.
func fail(check string, err error, remedy string) Finding {
	f := Finding{Check: check, State: Fail, Text: err.Error(), Remedy: preau.RemedyOf(err)}
	if f.Remedy == "" {
		f.Remedy = remedy
	}
	return f
}

// Worst is the worst state among findings.
func Worst(found []Finding) State {
	worst := OK
	for _, f := range found {
		if f.State == Fail {
			return Fail
		}
		if f.State == Warn {
			worst = Warn
		}
	}
	return worst
}
