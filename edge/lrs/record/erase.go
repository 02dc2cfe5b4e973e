package record

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// Erase takes a person of the school out of the record: their statements, and
// the attachments that no statement of somebody else needs. Statements that
// are not receipted yet go with a later purge of the journal.
func (s *Store) Erase(ctx context.Context, pid string) error {
	theirs, err := s.attachedTo(ctx, pid)
	if err != nil {
		return fmt.Errorf("find the attachments of a person: %w", err)
	}
	if _, err := s.cfg.Journal.Forget(ctx, pid); err != nil {
		return fmt.Errorf("erase the statements of a person: %w", err)
	}
	if err := s.spare(ctx, theirs); err != nil {
		return fmt.Errorf("look for who else needs attachments: %w", err)
	}
	for sha := range theirs {
		if err := s.dropBlob(ctx, sha); err != nil {
			return err
		}
	}
	return nil
}

// attachedTo lists the hashes of what came with a person's statements.
func (s *Store) attachedTo(ctx context.Context, pid string) (shas map[string]bool, err error) {
	shas = map[string]bool{}
	who := xapi.Agent{Account: xapi.Account{HomePage: s.cfg.Home, Name: pid}}
	for q := (Query{Agent: &who, Limit: MaxLimit}); ; {
		page, err := s.Query(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, raw := range page.Statements {
			if !bytes.Contains(raw, []byte(`"attachments"`)) {
				continue
			}
			st, err := xapi.Read(raw)
			if err != nil {
				return nil, err
			}
			for _, a := range attachments(st) {
				shas[a.SHA2] = true
			}
		}
		if page.More == "" {
			return shas, nil
		}
		if q, err = s.Continue(page.More); err != nil {
			return nil, err
		}
	}
}

// spare takes out of shas those that a statement still names. Nothing finds
// statements by their attachments, so all are read; an erasure is rare.
func (s *Store) spare(ctx context.Context, shas map[string]bool) error {
	const atOnce = 1000
	if len(shas) == 0 {
		return nil
	}
	heads, err := s.cfg.Journal.Heads(ctx)
	if err != nil {
		return err
	}
	for _, h := range heads {
		if h.Stream != preau.StreamLearning {
			continue
		}
		for seq := uint64(1); seq <= h.Last; seq += atOnce {
			sts, err := s.cfg.Journal.Range(ctx, h.Stream, h.Epoch, seq, atOnce)
			if err != nil {
				return err
			}
			if len(sts) == 0 {
				break
			}
			seq = sts[0].Seq // what is pruned was skipped
			for _, st := range sts {
				spareNamed(shas, st.Raw)
			}
		}
	}
	return nil
}

func spareNamed(shas map[string]bool, raw json.RawMessage) {
	if !bytes.Contains(raw, []byte(`"attachments"`)) {
		return
	}
	lower := bytes.ToLower(raw)
	for sha := range shas {
		if bytes.Contains(lower, []byte(sha)) {
			delete(shas, sha)
		}
	}
}

func (s *Store) dropBlob(ctx context.Context, sha string) error {
	key, err := hex.DecodeString(sha)
	if err != nil {
		return fmt.Errorf("read a hash: %w", err)
	}
	err = s.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`DELETE FROM lrs_blob WHERE sha = ?`, key)
		return err
	})
	if err == nil {
		if err = os.Remove(s.blobPath(sha)); os.IsNotExist(err) {
			err = nil
		}
	}
	if err != nil {
		return fmt.Errorf("delete an attachment: %w", err)
	}
	return nil
}
