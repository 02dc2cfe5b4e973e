package holding

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
)

// Chunks is what helps to bring a large blob.
type Chunks struct {
	Size int64 // of the blob itself
	// Table is the blob that lists its chunks; a size of 0: it has none.
	Table Want
	// Kin are held blobs that may share chunks with it: what other versions of
	// the same item have in the same place first.
	Kin []blob.Digest
}

// maxKin bounds how many blobs are read in the hope of shared chunks.
const maxKin = 4

// Chunks returns what is known of a blob's chunks; preau.NotFound for a blob
// that no item uses.
func (k *Keeper) Chunks(ctx context.Context, d blob.Digest) (Chunks, error) {
	var out Chunks
	err := k.db.Read(ctx, func(tx *sqlite.Tx) error {
		var key []byte
		err := tx.QueryRow("SELECT size, chunks, chunks_size FROM catalogue_asset WHERE sha256 = ? ORDER BY chunks IS NULL LIMIT 1", d[:]).Scan(&out.Size, &key, &out.Table.Size)
		if errors.Is(err, sql.ErrNoRows) {
			return preau.E(preau.NotFound, "this file is in no resource of the catalogue", "Open the resource again from its page.", nil)
		}
		if err != nil || key == nil {
			return err
		}
		out.Table.Digest = digestOf(key)
		out.Kin, err = k.kin(tx, d)
		return err
	})
	if err != nil {
		return Chunks{}, fmt.Errorf("ask for a blob's chunks: %w", err)
	}
	return out, nil
}

// kin looks at the same item in other packs, which are its other versions.
func (k *Keeper) kin(tx *sqlite.Tx, d blob.Digest) (list []blob.Digest, err error) {
	rs, err := tx.Query(`SELECT o.sha256 FROM catalogue_asset a JOIN catalogue_item i ON i.id = a.item
		JOIN catalogue_item j ON j.item = i.item AND j.id <> i.id
		JOIN catalogue_asset o ON o.item = j.id AND o.sha256 <> a.sha256 AND o.mime = a.mime
		WHERE a.sha256 = ? GROUP BY o.sha256
		ORDER BY max(o.role = a.role AND o.lang = a.lang AND o.path = a.path) DESC, max(o.role = a.role) DESC, min(abs(o.size - a.size))`, d[:])
	if err != nil {
		return nil, err
	}
	defer rs.Close()
	for rs.Next() && len(list) < maxKin {
		var key []byte
		if err := rs.Scan(&key); err != nil {
			return nil, fmt.Errorf("read asset: %w", err)
		}
		if d := digestOf(key); k.held.Has(d) {
			list = append(list, d)
		}
	}
	return list, rs.Err()
}
