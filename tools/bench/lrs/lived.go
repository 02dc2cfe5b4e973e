package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"preau"
)

// life is what of a year the questions need to know.
type life struct {
	Statements    int
	Received      int64 // bytes
	Took          time.Duration
	Now           time.Time // where the school's clock has come to
	Registrations []preau.ID
	Lessons       []preau.ID
}

// lived opens in dir a box that has lived n statements: a copy of the one in
// keep, or one that lives them now. An empty keep keeps nothing.
func lived(ctx context.Context, dir, keep string, n int) (*box, life, error) {
	from := time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC)
	l, err := kept(dir, keep, n)
	if err == nil {
		b, err := openBox(ctx, dir, l.Now)
		return b, l, err
	}
	if keep != "" && !errors.Is(err, fs.ErrNotExist) {
		return nil, l, err
	}
	b, err := openBox(ctx, dir, from)
	if err != nil {
		return nil, l, err
	}
	start := time.Now()
	l = life{Statements: n}
	if l.Registrations, l.Received, l.Lessons, err = b.live(ctx, n); err != nil {
		return nil, l, errors.Join(err, b.db.Close())
	}
	l.Took, l.Now = time.Since(start), b.clock.Now()
	if keep == "" {
		return b, l, nil
	}
	if err := b.db.Close(); err != nil { // with its log written back
		return nil, l, fmt.Errorf("close the year: %w", err)
	}
	if err := preserve(dir, keep, l); err != nil {
		return nil, l, err
	}
	b, err = openBox(ctx, dir, l.Now)
	return b, l, err
}

func kept(dir, keep string, n int) (l life, err error) {
	if keep == "" {
		return l, fs.ErrNotExist
	}
	text, err := os.ReadFile(filepath.Join(keep, "life.json"))
	if err != nil {
		return l, fmt.Errorf("look for a year that was lived: %w", err)
	}
	if err := json.Unmarshal(text, &l); err != nil {
		return l, fmt.Errorf("read what was lived: %w", err)
	}
	if l.Statements != n {
		return l, fmt.Errorf("the year in %s is of %d statements, not %d: name another folder", keep, l.Statements, n)
	}
	return l, copyFile(filepath.Join(dir, "preau.db"), filepath.Join(keep, "preau.db"))
}

// preserve keeps a closed box; what was lived is written last.
func preserve(dir, keep string, l life) error {
	if err := os.MkdirAll(keep, 0o700); err != nil {
		return fmt.Errorf("make the folder for the year: %w", err)
	}
	if err := copyFile(filepath.Join(keep, "preau.db"), filepath.Join(dir, "preau.db")); err != nil {
		return err
	}
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write down what was lived: %w", err)
	}
	return os.WriteFile(filepath.Join(keep, "life.json"), text, 0o600)
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy the year: %w", err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return fmt.Errorf("copy the year: %w", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
