package record

import (
	"context"
	"io"
	"time"

	"preau"
	"preau/edge/lrs/xapi"
)

// Store is the record store of one box.
type Store struct{ cfg Config }

// Open brings the tables up to date, registers with the journal (before its
// first use) and indexes what was stored before there was an index.
func Open(ctx context.Context, c Config) (*Store, error) { return &Store{cfg: c}, nil }

// Stage takes in one attachment's bytes, up to MaxAttachment.
func (s *Store) Stage(ctx context.Context, r io.Reader) (Staged, error) { return Staged{}, nil }

// Put stores the statements as one, on behalf of authority, and returns their
// ids in order. parts are the attachments that came with them.
func (s *Store) Put(ctx context.Context, authority xapi.Agent, v xapi.Version, sts []*xapi.Statement, parts []Staged) ([]preau.ID, error) {
	return nil, nil
}

// Get finds one statement: the one that is not voided, or with voided the one
// that is; preau.NotFound otherwise.
func (s *Store) Get(ctx context.Context, id preau.ID, voided bool, f Format, languages []string) (Found, error) {
	return Found{}, nil
}

// Query finds statements.
func (s *Store) Query(ctx context.Context, q Query) (Page, error) { return Page{}, nil }

// Continue reads a token of Page.More back: the query it continues.
func (s *Store) Continue(token string) (Query, error) { return Query{}, nil }

// Activity is the canonical Activity object of an IRI, whether seen or not.
func (s *Store) Activity(ctx context.Context, iri string) ([]byte, error) { return nil, nil }

// Person is the Person object of an agent.
func (s *Store) Person(ctx context.Context, a xapi.Agent) ([]byte, error) { return nil, nil }

// ConsistentThrough is a moment up to which everything stored is found.
func (s *Store) ConsistentThrough(ctx context.Context) (time.Time, error) { return time.Time{}, nil }
