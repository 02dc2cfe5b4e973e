package record

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"time"

	"preau"
	"preau/edge/lrs/record/index"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is the record store of one box.
type Store struct {
	cfg    Config
	self   xapi.Agent // the box, when it speaks for itself
	secret []byte     // signs cursors
	index  *index.Index

	// Owned by the writer goroutine.
	parsed  map[preau.ID]*xapi.Statement // what Put is appending
	learned map[[sha256.Size]byte]bool   // definitions merged lately
}

// Open brings the tables up to date, registers with the journal (before its
// first use) and indexes what was stored before there was an index.
func Open(ctx context.Context, c Config) (*Store, error) {
	if _, err := xapi.ParseIRI(c.Home); err != nil {
		return nil, fmt.Errorf("open the record store: %w", err)
	}
	if err := os.MkdirAll(c.Blobs, 0o700); err != nil {
		return nil, preau.E(preau.Unavailable, "cannot make the folder of attachments", "Check the rights of the data folder.", err)
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open record migrations: %w", err)
	}
	if err := c.DB.Migrate(ctx, "record", sub); err != nil {
		return nil, fmt.Errorf("open the record store: %w", err)
	}
	s := &Store{cfg: c, self: xapi.Agent{Account: xapi.Account{HomePage: c.Home, Name: "preau"}}, parsed: map[preau.ID]*xapi.Statement{}, learned: map[[sha256.Size]byte]bool{}}
	if err := c.DB.Write(ctx, s.load); err != nil {
		return nil, fmt.Errorf("load the record store: %w", err)
	}
	if s.index, err = index.Open(ctx, c.DB, c.Journal, s.parse); err != nil {
		return nil, fmt.Errorf("open the record store: %w", err)
	}
	if err := s.index.CatchUp(ctx, s.appended); err != nil {
		return nil, fmt.Errorf("index earlier statements: %w", err)
	}
	c.Journal.OnAppend(s.appended)
	c.Journal.OnPrune(s.index.Prune)
	return s, nil
}

func (s *Store) load(tx *sqlite.Tx) error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // cannot fail
	if _, err := tx.Exec(`INSERT INTO lrs_secret (id, secret) VALUES (1, ?) ON CONFLICT DO NOTHING`, secret); err != nil {
		return err
	}
	return tx.QueryRow(`SELECT secret FROM lrs_secret`).Scan(&s.secret)
}

// appended indexes a statement in the transaction that stores it.
func (s *Store) appended(tx *sqlite.Tx, st *preau.Statement, key int64) error {
	if st.Stream != preau.StreamLearning {
		return nil
	}
	parsed, err := s.parse(st)
	if err != nil {
		return fmt.Errorf("read statement %s: %w", st.ID, err)
	}
	if err := s.index.Append(tx, st, parsed, key); err != nil {
		return fmt.Errorf("index statement %s: %w", st.ID, err)
	}
	return s.define(tx, parsed)
}

// ConsistentThrough is a moment before which everything stored is found.
func (s *Store) ConsistentThrough() time.Time { return s.cfg.DB.Settled().Truncate(time.Millisecond) }
