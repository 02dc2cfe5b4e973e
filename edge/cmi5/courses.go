package cmi5

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"preau"
	"preau/edge/cmi5/course"
	"preau/internal/sqlite"
	"preau/media/blob"
)

//go:embed migrations/*.sql
var migrations embed.FS

// MaxPackage bounds what is imported.
const MaxPackage = 4 << 30

// Courses keeps the courses that were imported. Importing one again, by its
// publisher's IRI, puts the new structure and files in place of the old.
type Courses struct {
	db    *sqlite.DB
	blobs *blob.Store
	dir   string
}

// OpenCourses brings the tables up to date. dir is where a package waits
// while it is read.
func OpenCourses(ctx context.Context, db *sqlite.DB, blobs *blob.Store, dir string) (*Courses, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	if err := db.Migrate(ctx, "cmi5", sub); err != nil {
		return nil, fmt.Errorf("bring the tables of courses up to date: %w", err)
	}
	return &Courses{db: db, blobs: blobs, dir: dir}, nil
}

// Entry is a course in the list.
type Entry struct {
	ID        string    `json:"id"`
	Publisher string    `json:"publisher"`
	Title     string    `json:"title"`
	Units     int       `json:"units"`
	Files     int       `json:"files"`
	Imported  time.Time `json:"imported"`
}

// Import reads a package and keeps it, whole or not at all.
func (c *Courses) Import(ctx context.Context, in io.Reader) (e Entry, err error) {
	f, err := os.CreateTemp(c.dir, "course-*")
	if err != nil {
		return e, fmt.Errorf("make room for the package: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	size, err := io.Copy(f, io.LimitReader(in, MaxPackage+1))
	if err != nil {
		return e, fmt.Errorf("receive the package: %w", err)
	}
	if size > MaxPackage {
		return e, preau.E(preau.TooLarge, fmt.Sprintf("the package is over %d MB", MaxPackage>>20), "Split the course.", nil)
	}
	p, err := course.Read(f, size)
	if err != nil {
		return e, err
	}
	digests := make([]blob.Digest, len(p.Files))
	for i, file := range p.Files {
		if digests[i], err = c.keep(ctx, file); err != nil {
			return e, err
		}
	}
	raw, err := json.Marshal(p.Course)
	if err != nil {
		return e, err
	}
	id := sha256.Sum256([]byte(p.Course.ID))
	e = Entry{ID: hex.EncodeToString(id[:8]), Publisher: p.Course.ID, Title: p.Course.Title.In("fr"), Units: len(p.Course.AUs()), Files: len(p.Files)}
	err = c.db.Write(ctx, func(tx *sqlite.Tx) error {
		e.Imported = tx.Now
		if _, err := tx.Exec(`DELETE FROM cmi5_file WHERE course = ?`, e.ID); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO cmi5_course (id, publisher, structure, units, imported) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET structure = excluded.structure, units = excluded.units, imported = excluded.imported`,
			e.ID, e.Publisher, string(raw), e.Units, tx.Now.UnixMilli())
		if err != nil {
			return err
		}
		for i, file := range p.Files {
			if _, err := tx.Exec(`INSERT INTO cmi5_file (course, path, sha256, size) VALUES (?, ?, ?, ?)`, e.ID, file.Path, digests[i].String(), file.Size); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return e, fmt.Errorf("keep the course: %w", err)
	}
	return e, nil
}

// keep makes a file of a package a blob: read once for its name, once for
// its bytes.
func (c *Courses) keep(ctx context.Context, f course.File) (d blob.Digest, err error) {
	broken := func(err error) error {
		return preau.E(preau.Invalid, fmt.Sprintf("the file %.120q of the package cannot be unpacked", f.Path), "Get the package again: it was cut or changed on the way.", err)
	}
	in, err := f.Open()
	if err != nil {
		return d, broken(err)
	}
	h := sha256.New()
	n, err := io.Copy(h, io.LimitReader(in, f.Size+1))
	in.Close()
	if err != nil || n != f.Size {
		return d, broken(err)
	}
	h.Sum(d[:0])
	if c.blobs.Has(d) {
		return d, nil
	}
	if in, err = f.Open(); err != nil {
		return d, broken(err)
	}
	defer in.Close()
	return d, c.blobs.Put(ctx, d, f.Size, in)
}

// Blobs lists what the courses keep in the store.
func (c *Courses) Blobs(ctx context.Context) (list []blob.Digest, err error) {
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT DISTINCT sha256 FROM cmi5_file`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			d, err := blob.ParseDigest(name)
			if err != nil {
				return err
			}
			list = append(list, d)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list the files of courses: %w", err)
	}
	return list, nil
}

// Course reads one back; preau.NotFound when there is none.
func (c *Courses) Course(ctx context.Context, id string) (found *course.Course, err error) {
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = CourseIn(tx, id)
		return err
	})
	return found, err
}

// CourseIn is Course in the caller's transaction.
func CourseIn(tx *sqlite.Tx, id string) (*course.Course, error) {
	var raw string
	if err := tx.QueryRow(`SELECT structure FROM cmi5_course WHERE id = ?`, id).Scan(&raw); err != nil {
		return nil, absent(err)
	}
	found := &course.Course{}
	if err := json.Unmarshal([]byte(raw), found); err != nil {
		return nil, fmt.Errorf("decode course: %w", err)
	}
	return found, nil
}

// File finds a file of a course.
func (c *Courses) File(ctx context.Context, id, path string) (d blob.Digest, err error) {
	err = c.db.Read(ctx, func(tx *sqlite.Tx) error {
		var name string
		if err := tx.QueryRow(`SELECT sha256 FROM cmi5_file WHERE course = ? AND path = ?`, id, path).Scan(&name); err != nil {
			return err
		}
		d, err = blob.ParseDigest(name)
		return err
	})
	return d, absent(err)
}

func absent(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return preau.E(preau.NotFound, "there is no such course or file here", "Look with preau course list.", nil)
	}
	return err
}
