// Command search measures the catalogue's search over 100 000 invented items,
// each with a title, a description, concepts and the words of its documents,
// while a delta is ingested beside it; what they weigh; and how soon a box with
// them and a million statements shows its first page.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/trust"
)

func main() {
	only := flag.String("only", ".", "regexp of the benchmarks to run")
	n := flag.Int("n", 100_000, "items")
	statements := flag.Int("statements", 1_000_000, "statements in the journal of the box that starts")
	dir := flag.String("dir", "", "folder on the disk to measure, kept and taken again by the next run (default: a temporary one here)")
	flag.Parse()
	if err := run(context.Background(), regexp.MustCompile(*only), *dir, *n, *statements); err != nil {
		fmt.Fprintln(os.Stderr, "bench search:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only *regexp.Regexp, dir string, n, statements int) error {
	if !only.MatchString("search/") && !only.MatchString("search/catalogue") && !only.MatchString("search/one-notice") && !only.MatchString("start/first-page") {
		return nil
	}
	if dir == "" {
		tmp, err := os.MkdirTemp(".", ".bench-")
		if err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		defer os.RemoveAll(tmp)
		dir = tmp
	}
	w := &world{dir: dir, n: n}
	if err := w.make(ctx); err != nil {
		return err
	}
	if only.MatchString("search/catalogue") {
		if err := w.search(ctx); err != nil {
			return fmt.Errorf("search/catalogue: %w", err)
		}
	}
	if only.MatchString("search/one-notice") {
		if err := w.notice(ctx); err != nil {
			return fmt.Errorf("search/one-notice: %w", err)
		}
	}
	if err := w.db.Close(); err != nil {
		return err
	}
	if only.MatchString("start/first-page") {
		if err := w.start(ctx, statements); err != nil {
			return fmt.Errorf("start/first-page: %w", err)
		}
	}
	return nil
}

// world is a publisher's repository, what it published, and a box's database.
type world struct {
	dir   string
	n     int
	items *items
	db    *sqlite.DB
	cat   *catalogue.Catalogue
}

// held: the invented files are all on the box.
type held struct{}

func (held) Has(blob.Digest) bool { return true }

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (w *world) path(elem ...string) string {
	return filepath.Join(append([]string{w.dir}, elem...)...)
}

// make publishes the items and lets a box take them.
func (w *world) make(ctx context.Context) error {
	if _, err := os.Stat(w.path("box", "preau.db")); err == nil {
		return w.again(ctx)
	}
	now := time.Now()
	if _, err := publisher.Init(w.path("repo"), publisher.InitOptions{Keys: 1, Threshold: 1, Now: now}); err != nil {
		return err
	}
	w.items = newItems(w.path("repo"))
	if err := w.items.write(0, w.n, 1); err != nil {
		return err
	}
	if err := w.publish(ctx); err != nil {
		return err
	}
	root, err := os.ReadFile(w.path("out", "metadata", "1.root.json"))
	if err != nil {
		return fmt.Errorf("read the root: %w", err)
	}
	if err := os.Mkdir(w.path("box"), 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	if err := w.open(ctx, root); err != nil {
		return err
	}
	begin := time.Now()
	if err := w.refresh(ctx); err != nil {
		return err
	}
	took := time.Since(begin)
	size, _, err := w.db.Room(ctx)
	if err != nil {
		return err
	}
	say("# %d items ingested in %.0f s (%.2f ms each); the database has %.0f MB (%.1f KB each)", w.n, took.Seconds(), took.Seconds()*1000/float64(w.n),
		float64(size)/1e6, float64(size)/1e3/float64(w.n))
	return w.tables(ctx)
}

// again takes the box that an earlier run left in the folder.
func (w *world) again(ctx context.Context) error {
	root, err := os.ReadFile(w.path("out", "metadata", "1.root.json"))
	if err != nil {
		return fmt.Errorf("read the root: %w", err)
	}
	w.items = newItems(w.path("repo"))
	if err := w.open(ctx, root); err != nil {
		return err
	}
	return w.cat.Prepare(ctx)
}

func (w *world) open(ctx context.Context, root []byte) (err error) {
	if w.db, err = sqlite.Open(ctx, w.path("box", "preau.db"), preau.SystemClock()); err != nil {
		return err
	}
	w.cat, err = catalogue.Open(ctx, catalogue.Config{DB: w.db, Clock: preau.SystemClock(), Held: held{}, Root: root})
	return err
}

func (w *world) publish(ctx context.Context) error {
	repo, err := publisher.Open(ctx, w.path("repo"))
	if err != nil {
		return err
	}
	defer repo.Close()
	if _, err := repo.Sign(ctx, publisher.SignOptions{Now: time.Now()}); err != nil {
		return err
	}
	_, err = repo.Publish(ctx, w.path("out"), time.Now())
	return err
}

func (w *world) refresh(ctx context.Context) error {
	changed, err := w.cat.Refresh(ctx, trust.Folder(w.path("out")))
	if err == nil && !changed {
		changed, err = w.cat.Settle(ctx)
	}
	if err == nil && !changed {
		err = fmt.Errorf("the box took nothing")
	}
	return err
}

// tables says where the bytes are.
func (w *world) tables(ctx context.Context) error {
	return w.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query("SELECT name, sum(pgsize) FROM dbstat GROUP BY name HAVING sum(pgsize) > 4000000 ORDER BY 2 DESC")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var size int64
			if err := rows.Scan(&name, &size); err != nil {
				return fmt.Errorf("read a size: %w", err)
			}
			say("#   %-32s %4.0f MB", name, float64(size)/1e6)
		}
		return rows.Err()
	})
}
