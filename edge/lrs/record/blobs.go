package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"preau"
	"preau/edge/lrs/record/index"
	"preau/edge/lrs/xapi"
	"preau/edge/lrs/xapi/signature"
	"preau/internal/durable"
	"preau/internal/sqlite"
)

func (s *Store) blobPath(sha string) string { return filepath.Join(s.cfg.Blobs, sha) }

// Stage takes in one attachment's bytes, up to MaxAttachment, which must have
// the SHA-2 hash declared: 256, 384 or 512 bits in hexadecimal. They are on
// the disk when it returns; those that no statement comes to need are swept
// out later.
func (s *Store) Stage(ctx context.Context, r io.Reader, declared string) (Staged, error) {
	declared = strings.ToLower(declared)
	want, err := hex.DecodeString(declared)
	sums := map[int]func() hash.Hash{sha256.Size: sha256.New, sha512.Size384: sha512.New384, sha512.Size: sha512.New}
	if err != nil || sums[len(want)] == nil {
		return Staged{}, preau.E(preau.Invalid, "the hash of an attachment is no SHA-2 hash", "Give the SHA-256 of its bytes in hexadecimal.", nil)
	}
	h := sums[len(want)]()
	var size int64
	// Under its name only once it is known to deserve it.
	incoming := filepath.Join(s.cfg.Blobs, "incoming-"+preau.NewID().String())
	err = durable.WriteFile(incoming, 0o600, func(w io.Writer) error {
		var err error
		size, err = io.Copy(io.MultiWriter(w, h), io.LimitReader(r, MaxAttachment+1))
		switch {
		case err != nil:
			return err
		case size > MaxAttachment:
			return preau.E(preau.TooLarge, "an attachment is over 10 MiB", "Send a link (fileUrl) instead of the bytes.", nil)
		case !bytes.Equal(h.Sum(nil), want):
			return preau.E(preau.Invalid, "the bytes of an attachment do not have the hash "+declared, "Send the bytes that the statement describes.", nil)
		}
		return ctx.Err()
	})
	if err != nil {
		return Staged{}, fmt.Errorf("take in an attachment: %w", err)
	}
	if err := os.Rename(incoming, s.blobPath(declared)); err != nil {
		return Staged{}, fmt.Errorf("name an attachment: %w", err)
	}
	if err := durable.SyncDir(s.cfg.Blobs); err != nil {
		return Staged{}, fmt.Errorf("name an attachment: %w", err)
	}
	return Staged{SHA2: declared, Size: size}, nil
}

// checkParts holds descriptions and bytes against each other: every
// description without a link has its bytes, all bytes are described, and
// signatures are whole.
func (s *Store) checkParts(sts []*xapi.Statement, parts []Staged) error {
	if len(parts) > MaxAttachments {
		return preau.E(preau.TooLarge, "too many attachments at once", "Send at most 50 with a request.", nil)
	}
	here := map[string]bool{}
	for _, p := range parts {
		here[p.SHA2] = true
	}
	described := map[string]bool{}
	for _, st := range sts {
		for _, a := range attachments(st) {
			described[a.SHA2] = true
			// The hash says which bytes; a length that does not fit them is the
			// sender's affair (2.4.11 has nobody check it).
			ok := here[a.SHA2]
			if !ok && a.FileURL == "" {
				return preau.E(preau.Invalid, "the bytes of the attachment "+a.SHA2+" are missing", "Send them as a part of a multipart/mixed request, with X-Experience-API-Hash, or give its fileUrl.", nil)
			}
			signed, err := signature.Is(a)
			if err != nil {
				return err
			}
			if signed && ok {
				if err := s.verify(st, a.SHA2); err != nil {
					return err
				}
			}
		}
	}
	for _, p := range parts {
		if !described[p.SHA2] {
			return preau.E(preau.Invalid, "no statement describes the part "+p.SHA2, "Send only the bytes of attachments that the statements list.", nil)
		}
	}
	return nil
}

// attachments lists a statement's attachments and those of its SubStatement.
func attachments(st *xapi.Statement) []xapi.Attachment {
	if st.Object.Sub == nil {
		return st.Attachments
	}
	return append(append([]xapi.Attachment{}, st.Attachments...), st.Object.Sub.Attachments...)
}

func (s *Store) verify(st *xapi.Statement, sha string) error {
	f, err := os.Open(s.blobPath(sha))
	if err != nil {
		return fmt.Errorf("read a signature: %w", err)
	}
	defer f.Close()
	jws, err := io.ReadAll(io.LimitReader(f, signature.MaxSize+1))
	if err != nil {
		return fmt.Errorf("read a signature: %w", err)
	}
	return signature.Verify(st, jws)
}

// keepParts notes which statements need the bytes: up to the newest number.
func (s *Store) keepParts(tx *sqlite.Tx, parts []Staged) error {
	for _, p := range parts {
		sha, err := hex.DecodeString(p.SHA2)
		if err != nil {
			return fmt.Errorf("read a hash: %w", err)
		}
		_, err = tx.Exec(`INSERT INTO lrs_blob (sha, size, n) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = max(n, ?3)`, sha, p.Size, s.index.Next())
		if err != nil {
			return err
		}
	}
	return nil
}

// partsOf opens what is here of a statement's attachments, each once.
func (s *Store) partsOf(tx *sqlite.Tx, list []xapi.Attachment, seen map[string]bool) (parts []Part, err error) {
	for _, a := range list {
		sha, err := hex.DecodeString(a.SHA2)
		if err != nil || seen[a.SHA2] {
			continue
		}
		var size int64
		err = tx.QueryRow(`SELECT coalesce((SELECT size FROM lrs_blob WHERE sha = ?), -1)`, sha).Scan(&size)
		if err != nil {
			return nil, fmt.Errorf("find an attachment: %w", err)
		}
		if size < 0 {
			continue // somewhere else: fileUrl
		}
		seen[a.SHA2] = true
		path := s.blobPath(a.SHA2)
		parts = append(parts, Part{SHA2: a.SHA2, ContentType: a.ContentType, Size: size, Open: func() (io.ReadCloser, error) { return os.Open(path) }})
	}
	return parts, nil
}

// stale is how long bytes may wait for their statement.
const stale = 24 * time.Hour

// Sweep deletes what a purge left of the index, the bytes that no statement
// needs any more, or that none ever came for, and those of people erased whose
// statements waited. The box calls it at night.
func (s *Store) Sweep(ctx context.Context) (deleted int, err error) {
	if err := s.index.Sweep(ctx); err != nil {
		return 0, err
	}
	if err := s.dropErased(ctx); err != nil {
		return 0, err
	}
	entries, err := os.ReadDir(s.cfg.Blobs)
	if err != nil {
		return 0, fmt.Errorf("list attachments: %w", err)
	}
	var oldest int64
	err = s.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		var err error
		if oldest, err = index.Oldest(tx); err != nil {
			return err
		}
		_, err = tx.Exec(`DELETE FROM lrs_blob WHERE n < ?`, oldest)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("forget attachments: %w", err)
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return deleted, ctx.Err()
		}
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < stale {
			continue // gone already, or young
		}
		needed := false
		if sha, err := hex.DecodeString(e.Name()); err == nil {
			err = s.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
				return tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM lrs_blob WHERE sha = ?)`, sha).Scan(&needed)
			})
			if err != nil {
				return deleted, fmt.Errorf("find an attachment: %w", err)
			}
		}
		if !needed {
			if err := os.Remove(filepath.Join(s.cfg.Blobs, e.Name())); err != nil {
				return deleted, fmt.Errorf("delete an attachment: %w", err)
			}
			deleted++
		}
	}
	return deleted, nil
}
