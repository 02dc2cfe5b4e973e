package record

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync/atomic"

	"preau"
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
	tail   tail
	refs   atomic.Bool // whether any statement refers to another

	// Owned by the writer goroutine.
	next       int64 // the number of the next statement
	lastKey    int64
	goneInTail int64
	parsed     map[preau.ID]*xapi.Statement // what Put is appending
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
	s := &Store{cfg: c, self: xapi.Agent{Account: xapi.Account{HomePage: c.Home, Name: "preau"}}, lastKey: -1, parsed: map[preau.ID]*xapi.Statement{}}
	if err := c.DB.Write(ctx, s.load); err != nil {
		return nil, fmt.Errorf("load the record store: %w", err)
	}
	if err := s.catchUp(ctx); err != nil {
		return nil, fmt.Errorf("index earlier statements: %w", err)
	}
	c.Journal.OnAppend(s.appended)
	c.Journal.OnPrune(s.pruned)
	return s, nil
}

func (s *Store) load(tx *sqlite.Tx) error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // cannot fail
	if _, err := tx.Exec(`INSERT INTO lrs_state (id, next, secret) VALUES (1, 0, ?) ON CONFLICT DO NOTHING`, secret); err != nil {
		return err
	}
	var refs bool
	err := tx.QueryRow(`SELECT secret, max(next, coalesce((SELECT max(n) + 1 FROM lrs_tail), 0)), EXISTS (SELECT 1 FROM lrs_ref),
		(SELECT count(*) FROM lrs_tail WHERE length(terms) = 0) FROM lrs_state`).Scan(&s.secret, &s.next, &refs, &s.goneInTail)
	s.refs.Store(refs)
	return err
}

// catchUpBatch bounds a transaction of the first indexing.
const catchUpBatch = 500

// catchUp indexes the learning statements that came before the index did: all
// of them once, after an update, and none on later starts.
func (s *Store) catchUp(ctx context.Context) error {
	var last int64
	err := s.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		err := tx.QueryRow(`SELECT key + (SELECT max(next, coalesce((SELECT max(n) + 1 FROM lrs_tail), 0)) - 1 FROM lrs_state) - first
			FROM lrs_run ORDER BY first DESC LIMIT 1`).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	heads, err := s.cfg.Journal.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if h.Stream != preau.StreamLearning {
			continue
		}
		end := s.cfg.Journal.Key(&preau.Statement{Stream: h.Stream, Epoch: h.Epoch, Seq: h.Last})
		for seq := max(1, int64(h.Last)-(end-last)+1); end > last && seq <= int64(h.Last); {
			sts, err := s.cfg.Journal.Range(ctx, h.Stream, h.Epoch, uint64(seq), catchUpBatch)
			if err != nil {
				return err
			}
			if len(sts) == 0 {
				break
			}
			err = s.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
				for _, st := range sts {
					if err := s.appended(tx, st, s.cfg.Journal.Key(st)); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			seq = int64(sts[len(sts)-1].Seq) + 1
		}
	}
	return nil
}
