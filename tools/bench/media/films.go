package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"preau/media/blob"
)

// film is one file, as both servers name it.
type film struct {
	ours, peer string // paths in their URLs
	size       int64
}

const (
	filmCount = 20
	filmSize  = 16 << 20
)

// makeFilms fills a store that nginx serves too.
func makeFilms(dir string) ([]film, error) {
	store, err := blob.Open(filepath.Join(dir, "content"), 0)
	if err != nil {
		return nil, err
	}
	var films []film
	b := make([]byte, filmSize)
	for i := range filmCount {
		rand.NewChaCha8([32]byte{byte(i)}).Read(b)
		d := blob.Digest(sha256.Sum256(b))
		if err := store.Put(context.Background(), d, filmSize, bytes.NewReader(b)); err != nil {
			return nil, fmt.Errorf("store a film: %w", err)
		}
		name := d.String()
		films = append(films, film{"/blobs/" + name, "/blobs/" + name[:2] + "/" + name, filmSize})
	}
	return films, nil
}
