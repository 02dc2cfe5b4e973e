// Package document keeps the documents that xAPI applications store beside
// statements: states, activity profiles, agent profiles. It promises that two
// applications that change one document at once cannot lose either's change
// (ETag and If-Match, as each version of the protocol has it), that a merge
// touches the first level only, and that a refused change changes nothing.
//
// It refuses documents over MaxDocument, and merges of what is no JSON object.
package document

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"preau"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// MaxDocument bounds one document; MaxName its name.
const (
	MaxDocument = 2 << 20
	MaxName     = 2 << 10
)

// LaunchData is the name of the state that a launch wrote for its AU (cmi5,
// section 10).
const LaunchData = "LMS.LaunchData"

// Kind is which of the three resources a document belongs to.
type Kind int

// The kinds.
const (
	State           Kind = 1
	ActivityProfile Kind = 2
	AgentProfile    Kind = 3
)

// Owner is what a document is about: the fields its kind asks for are set.
type Owner struct {
	Kind         Kind
	Activity     string // IRI
	Agent        string // xapi.Agent.Key
	Person       string // pid, when the agent is of this school
	Registration preau.ID
	// AnyRegistration makes a list or a deletion of states cover them all, as
	// when the request names none.
	AnyRegistration bool
}

// Document is one, whole.
type Document struct {
	Name        string
	ContentType string
	Content     []byte
	ETag        string // without quotes
	Updated     time.Time
}

// ErrPrecondition says that the document is not, or no more, what If-Match or
// If-None-Match named.
var ErrPrecondition = preau.E(preau.Conflict, "the document is not the one that If-Match or If-None-Match names", "Read it again and repeat the change.", nil)

// Match is what a request asks of the document as it stands.
type Match struct {
	IfMatch, IfNoneMatch string // as the headers have them
	// Must says that a change over an existing document needs one of both;
	// MustNew that a new document does, too.
	Must, MustNew bool
}

// Store keeps the table of documents.
type Store struct{ db *sqlite.DB }

// Open brings the table up to date.
func Open(ctx context.Context, db *sqlite.DB) (*Store, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open document migrations: %w", err)
	}
	if err := db.Migrate(ctx, "lrs documents", sub); err != nil {
		return nil, fmt.Errorf("open lrs documents: %w", err)
	}
	return &Store{db}, nil
}

const where = ` WHERE kind = ? AND activity = ? AND agent = ? AND registration = ?`

func (o Owner) key() []any {
	return []any{int(o.Kind), o.Activity, o.Agent, o.Registration[:]}
}

// Get reads a document; preau.NotFound when there is none.
func (s *Store) Get(ctx context.Context, o Owner, name string) (d Document, err error) {
	err = s.db.Read(ctx, func(tx *sqlite.Tx) error {
		d, err = get(tx, o, name)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return d, preau.E(preau.NotFound, "there is no such document", "", nil)
	}
	if err != nil {
		return d, fmt.Errorf("read lrs document: %w", err)
	}
	return d, nil
}

func get(tx *sqlite.Tx, o Owner, name string) (Document, error) {
	d := Document{Name: name}
	var updated int64
	err := tx.QueryRow(`SELECT content_type, content, etag, updated FROM lrs_document`+where+` AND name = ?`, append(o.key(), name)...).
		Scan(&d.ContentType, &d.Content, &d.ETag, &updated)
	d.Updated = time.UnixMilli(updated).UTC()
	return d, err
}

// Put stores a document in place of what was there.
func (s *Store) Put(ctx context.Context, o Owner, d Document, m Match) error {
	return s.change(ctx, "store", o, d, m, func(_ *Document) ([]byte, string, error) { return d.Content, d.ContentType, nil })
}

// Post merges a JSON object into what is there, the first level of names
// only; where nothing is, it is stored.
func (s *Store) Post(ctx context.Context, o Owner, d Document, m Match) error {
	m.Must = false
	return s.change(ctx, "merge", o, d, m, func(have *Document) ([]byte, string, error) {
		if isJSON(d.ContentType) && object(d.Content) == nil {
			return nil, "", preau.E(preau.Invalid, "the document posted says it is JSON and is no JSON object", "Send an object, or another Content-Type.", nil)
		}
		if have == nil {
			return d.Content, d.ContentType, nil
		}
		old, with := object(have.Content), object(d.Content)
		if !isJSON(have.ContentType) || !isJSON(d.ContentType) || old == nil || with == nil {
			return nil, "", preau.E(preau.Invalid, "a document can be merged only when both are JSON objects", "Replace it with PUT.", nil)
		}
		merged, err := merge(have.Content, d.Content)
		return merged, have.ContentType, err
	})
}

// change runs a read, a decision and a write as one.
func (s *Store) change(ctx context.Context, verb string, o Owner, d Document, m Match, decide func(have *Document) ([]byte, string, error)) error {
	if len(d.Content) > MaxDocument || len(d.Name) > MaxName || len(d.ContentType) > 200 {
		return preau.E(preau.TooLarge, "the document is larger than what is kept", fmt.Sprintf("Keep it under %d MiB.", MaxDocument>>20), nil)
	}
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error { return changeIn(tx, o, d, m, decide) })
	if err != nil {
		return fmt.Errorf("%s lrs document: %w", verb, err)
	}
	return nil
}

// Set stores a document in the caller's transaction, in place of what was
// there, or with fresh only where nothing is.
func Set(tx *sqlite.Tx, o Owner, d Document, fresh bool) error {
	m := Match{}
	if fresh {
		m.IfNoneMatch = "*"
	}
	err := changeIn(tx, o, d, m, func(*Document) ([]byte, string, error) { return d.Content, d.ContentType, nil })
	if fresh && errors.Is(err, ErrPrecondition) {
		return nil // somebody's choice stays
	}
	return err
}

func changeIn(tx *sqlite.Tx, o Owner, d Document, m Match, decide func(have *Document) ([]byte, string, error)) error {
	var have *Document
	old, err := get(tx, o, d.Name)
	switch {
	case err == nil:
		have = &old
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	if err := m.allow(have); err != nil {
		return err
	}
	content, kind, err := decide(have)
	if err != nil {
		return err
	}
	if len(content) > MaxDocument {
		return preau.E(preau.TooLarge, "the merged document is larger than what is kept", "Delete what it does not need.", nil)
	}
	if content == nil {
		content = []byte{}
	}
	_, err = tx.Exec(`INSERT INTO lrs_document (kind, activity, agent, registration, name, content_type, content, etag, person, updated)
		VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10) ON CONFLICT DO UPDATE SET content_type = ?6, content = ?7, etag = ?8, updated = ?10`,
		append(o.key(), d.Name, kind, content, tag(content), o.Person, tx.Now.UnixMilli())...)
	return err
}

// Delete removes a document. One that is not there is no error, unless
// If-Match named one.
func (s *Store) Delete(ctx context.Context, o Owner, name string, m Match) error {
	m.Must = false
	err := s.db.Write(ctx, func(tx *sqlite.Tx) error {
		old, err := get(tx, o, name)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return m.allow(nil)
		case err != nil:
			return err
		}
		if err := m.allow(&old); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM lrs_document`+where+` AND name = ?`, append(o.key(), name)...)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete lrs document: %w", err)
	}
	return nil
}
