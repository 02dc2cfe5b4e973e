// Package privacy keeps the school's promises about people's data: what is
// past its term is deleted, whoever asks reads all that is kept of them, and
// whoever left can be erased, here and for whoever reads the store. It
// promises a proof of each (a statement with counts and no person), and that a
// part of the box that keeps something of people and is not in its list fails
// a test.
//
// It refuses to erase somebody who is still at the school: the law asks the
// school to keep their file, and the next roster would bring them back.
package privacy

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/internal/sqlite"
	"preau/sync/journal"
	"preau/sync/segment"
)

// Part is one place that keeps something of people. A nil function means that
// the part has nothing of the kind.
type Part struct {
	Name   string
	Stream preau.Stream // whose term it follows
	Purge  func(ctx context.Context, before time.Time) (int64, error)
	Erase  func(ctx context.Context, pid string) error
	// EraseReceipted erases what was delivered; waiting counts what must leave
	// the box first, and goes with a later purge.
	EraseReceipted func(ctx context.Context, pid string) (waiting int, err error)
	// Read gives what is kept of a person, to be written as JSON.
	Read func(ctx context.Context, pid string) (any, error)
}

// Deps are what the box lends.
type Deps struct {
	DB        *sqlite.DB
	Journal   *journal.Journal
	Directory *directory.Directory
	Clock     preau.Clock
	Zone      *time.Location
	Parts     []Part
	Log       *slog.Logger
}

// Privacy does it.
type Privacy struct{ Deps }

// New makes one.
func New(d Deps) *Privacy { return &Privacy{d} }

// Proof is what a purge deleted.
type Proof struct {
	At      time.Time                  `json:"at"`
	Before  map[preau.Stream]time.Time `json:"before"`  // the term of each stream
	Streams map[preau.Stream]int64     `json:"streams"` // statements
	Parts   map[string]int64           `json:"parts"`   // rows
}

// Total is all of it.
func (p Proof) Total() (n int64) {
	for _, m := range p.Streams {
		n += m
	}
	for _, m := range p.Parts {
		n += m
	}
	return n
}

// Purge deletes what is past its stream's term: the journal's statements that
// are receipted, then what the parts made of them. It goes in short
// transactions; a lesson does not wait for it.
func (p *Privacy) Purge(ctx context.Context) (proof Proof, err error) {
	now := p.Clock.Now().In(p.Zone)
	proof = Proof{At: now.UTC(), Before: map[preau.Stream]time.Time{}, Parts: map[string]int64{}}
	if proof.Streams, err = p.Journal.Purge(ctx); err != nil {
		return proof, fmt.Errorf("purge the journal: %w", err)
	}
	for _, policy := range journal.Streams() {
		proof.Before[policy.Stream] = policy.Keep.Cutoff(now).UTC()
	}
	for _, part := range p.Parts {
		if part.Purge == nil {
			continue
		}
		n, err := part.Purge(ctx, proof.Before[part.Stream])
		if n > 0 {
			proof.Parts[part.Name] = n
		}
		if err != nil {
			return proof, fmt.Errorf("purge %s: %w", part.Name, err)
		}
	}
	if proof.Total() == 0 {
		return proof, nil
	}
	counts := map[string]int64{}
	for s, n := range proof.Streams {
		counts[string(s)] = n
	}
	for name, n := range proof.Parts {
		counts[name] += n
	}
	result, err := json.Marshal(counts)
	if err != nil {
		return proof, fmt.Errorf("encode the proof of a purge: %w", err)
	}
	err = p.Journal.Record(ctx, &preau.Statement{Stream: preau.StreamTelemetry, Verb: journal.VerbPurged, Object: "purge", ObjectKind: "purge", Result: result})
	return proof, err
}

// Erase drops what is kept of somebody who left, here; and says, in the stream
// that leaves first, that readers of the store are to forget them. The person's name goes
// last, so that an erasure cut short can be run again. Waiting counts the
// statements that are erased only once they were delivered.
func (p *Privacy) Erase(ctx context.Context, pid string) (waiting int, err error) {
	who, err := p.Directory.Person(ctx, pid)
	if err != nil {
		return 0, err
	}
	if who.Closed.IsZero() {
		return 0, preau.E(preau.Conflict, who.Name()+" is still at the school", "Import the roster without them first; then erase.", nil)
	}
	if err := p.tell(ctx, pid); err != nil {
		return 0, fmt.Errorf("say that a person is erased: %w", err)
	}
	for _, part := range p.Parts {
		n, err := part.erase(ctx, pid)
		if err != nil {
			return waiting, fmt.Errorf("erase from %s: %w", part.Name, err)
		}
		waiting += n
	}
	return waiting, p.Directory.Erase(ctx, pid)
}

func (p Part) erase(ctx context.Context, pid string) (waiting int, err error) {
	if p.Erase != nil {
		if err := p.Erase(ctx, pid); err != nil {
			return 0, err
		}
	}
	if p.EraseReceipted != nil {
		return p.EraseReceipted(ctx, pid)
	}
	return 0, nil
}

// tell says it once for each school year of this journal: readers know a
// person by another pseudonym in each.
func (p *Privacy) tell(ctx context.Context, pid string) error {
	epochs, err := p.Journal.Epochs(ctx)
	if err != nil {
		return err
	}
	last := segment.SchoolYear(p.Clock.Now())
	for year := segment.SchoolYear(epochs[0].Opened); year <= last; year++ {
		result, err := json.Marshal(segment.Erasure{SchoolYear: year})
		if err != nil {
			return fmt.Errorf("encode a school year: %w", err)
		}
		err = p.Journal.Record(ctx, &preau.Statement{Stream: preau.StreamAttendance, Verb: journal.VerbErased, Object: pid, ObjectKind: "person", Result: result})
		if err != nil {
			return err
		}
	}
	return nil
}
