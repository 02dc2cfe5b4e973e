package record

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"slices"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// Erase takes a person of the school out of the record: their statements, and
// the attachments that no statement of somebody else needs. What is not
// receipted yet goes later: the statements with a purge of the journal, their
// attachments with the Sweep after it; waiting is how many statements that is.
// Killed, or called again, it goes on with what is left.
func (s *Store) Erase(ctx context.Context, pid string) (waiting int, err error) {
	if err := s.noteErasing(ctx, pid); err != nil {
		return 0, fmt.Errorf("find the attachments of a person: %w", err)
	}
	done, err := s.cfg.Journal.Forget(ctx, pid)
	if err != nil {
		return 0, fmt.Errorf("erase the statements of a person: %w", err)
	}
	return done.Waiting, s.dropErased(ctx)
}

// noteErasing writes down what came with a person's statements, while they can
// still be read.
func (s *Store) noteErasing(ctx context.Context, pid string) error {
	var some bool
	err := s.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM lrs_blob)`).Scan(&some)
	})
	if err != nil || !some {
		return err
	}
	shas := map[string]bool{}
	err = s.eachAttached(ctx, func(st *preau.Statement) error {
		if st.Actor != pid && st.Object != pid {
			return nil
		}
		parsed, err := xapi.Read(st.Raw)
		if err != nil {
			return err
		}
		for _, a := range attachments(parsed) {
			shas[a.SHA2] = true
		}
		return nil
	})
	if err != nil || len(shas) == 0 {
		return err
	}
	return s.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		for sha := range shas {
			key, err := hex.DecodeString(sha)
			if err != nil {
				return fmt.Errorf("read a hash: %w", err)
			}
			if _, err := tx.Exec(`INSERT INTO lrs_erasing (sha, pid) VALUES (?, ?) ON CONFLICT DO NOTHING`, key, pid); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachAttached gives f the statements that have attachments. Nothing finds
// them, so all are read; an erasure is rare.
func (s *Store) eachAttached(ctx context.Context, f func(*preau.Statement) error) error {
	const atOnce = 200
	heads, err := s.cfg.Journal.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if h.Stream != preau.StreamLearning {
			continue
		}
		for seq := uint64(1); seq <= h.Last; {
			sts, err := s.cfg.Journal.Range(ctx, h.Stream, h.Epoch, seq, atOnce)
			if err != nil {
				return err
			}
			if len(sts) == 0 {
				break
			}
			seq = sts[len(sts)-1].Seq + 1
			for _, st := range sts {
				if !bytes.Contains(st.Raw, []byte(`"attachments"`)) {
					continue
				}
				if err := f(st); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// erasing is an attachment of people who are being erased.
type erasing struct {
	pids   []string
	n      int64 // as lrs_blob has it; -1 for none
	needed bool  // by somebody else
	waits  bool  // for a receipt of theirs
}

// dropErased deletes the attachments of people erased that nobody else needs.
func (s *Store) dropErased(ctx context.Context) error {
	all, err := s.erasing(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	err = s.eachAttached(ctx, func(st *preau.Statement) error {
		lower := bytes.ToLower(st.Raw)
		for sha, e := range all {
			if !bytes.Contains(lower, []byte(sha)) {
				continue
			}
			if slices.Contains(e.pids, st.Actor) || slices.Contains(e.pids, st.Object) {
				e.waits = true
			} else {
				e.needed = true
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for who else needs attachments: %w", err)
	}
	for sha, e := range all {
		if e.waits && !e.needed {
			continue
		}
		if err := s.dropBlob(ctx, sha, e); err != nil {
			return fmt.Errorf("delete an attachment: %w", err)
		}
	}
	return nil
}

// erasing lists them by hash.
func (s *Store) erasing(ctx context.Context) (all map[string]*erasing, err error) {
	all = map[string]*erasing{}
	err = s.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT e.sha, e.pid, coalesce(b.n, -1) FROM lrs_erasing e LEFT JOIN lrs_blob b ON b.sha = e.sha`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var key []byte
			var pid string
			var n int64
			if err := rows.Scan(&key, &pid, &n); err != nil {
				return err
			}
			sha := hex.EncodeToString(key)
			if all[sha] == nil {
				all[sha] = &erasing{n: n}
			}
			all[sha].pids = append(all[sha].pids, pid)
		}
		return rows.Err()
	})
	return all, err
}

// dropBlob deletes an attachment, unless it is needed or came again since it
// was looked for, and the note of it.
func (s *Store) dropBlob(ctx context.Context, sha string, e *erasing) error {
	key, err := hex.DecodeString(sha)
	if err != nil {
		return fmt.Errorf("read a hash: %w", err)
	}
	keep := e.needed
	err = s.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		if !e.needed {
			if _, err := tx.Exec(`DELETE FROM lrs_blob WHERE sha = ? AND n = ?`, key, e.n); err != nil {
				return err
			}
			if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM lrs_blob WHERE sha = ?)`, key).Scan(&keep); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`DELETE FROM lrs_erasing WHERE sha = ?`, key)
		return err
	})
	if err != nil || keep {
		return err
	}
	if err := os.Remove(s.blobPath(sha)); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
