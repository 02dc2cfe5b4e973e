package publisher

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/intake"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/stock"
	"preau/media/catalogue/trust"
)

// VerifyOptions of Verify.
type VerifyOptions struct {
	Root   string               // file of the pinned root; empty: the catalogue's own first root
	At     time.Time            // as a box would at that time
	Quick  bool                 // blobs' sizes only
	Report func(preau.Progress) // how far its files are read; may be nil
}

// Fault is one thing a box would meet.
type Fault struct {
	Kind   string `json:"kind"` // a trust.Reason, or blob-missing, blob-altered, pack, index, source
	Object string `json:"object"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// Report is the outcome of Verify.
type Report struct {
	Source     string    `json:"source"`
	Pinned     bool      `json:"pinned"` // the root was given, not taken from the source
	Root       int64     `json:"root"`
	Timestamp  int64     `json:"timestamp"`
	Expires    time.Time `json:"expires"`
	Publishers []string  `json:"publishers,omitempty"` // those that sign for themselves
	Packs      int       `json:"packs"`
	Items      int       `json:"items"`
	Blobs      int       `json:"blobs"`
	Bytes      int64     `json:"bytes"`
	Faults     []Fault   `json:"faults"`
}

// fixed is a clock that stands still.
type fixed time.Time

func (f fixed) Now() time.Time        { return time.Time(f) }
func (fixed) State() preau.ClockState { return preau.ClockSynced }

// Verify checks the catalogue at a folder or an address as a box would, and
// then every blob. Faults are in the report; the error is for what kept it
// from looking.
func Verify(ctx context.Context, source string, opts VerifyOptions) (*Report, error) {
	src, err := openSource(source)
	if err != nil {
		return nil, err
	}
	rep := &Report{Source: source, Faults: []Fault{}}
	all := intake.NewFiles(opts.Report)
	err = examine(ctx, src, opts, rep, func(shelf *trust.Shelf) error {
		return rep.packs(ctx, shelf, all)
	})
	if err != nil {
		return nil, err
	}
	rep.Blobs, rep.Bytes = len(all.List), all.At.Bytes
	err = all.Each(func(one intake.File, moved func(int64)) error {
		err := checkBlob(ctx, source, one.Asset, opts.Quick, moved)
		if err == nil {
			err = checkChunks(ctx, source, one.Asset)
		}
		if err != nil && ctx.Err() == nil {
			rep.blobFault(one.Item, one.Asset, err)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	return rep, nil
}

// packs looks at every pack of a shelf, and names the files of their items.
func (rep *Report) packs(ctx context.Context, shelf *trust.Shelf, all *intake.Files) error {
	for _, ref := range shelf.Packs {
		p, _, err := shelf.Pack(ctx, ref)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			rep.fault("pack", notice.Folder(shelf.Publisher)+notice.PackPath(ref.Slug, ref.Version), err)
			continue
		}
		rep.Packs++
		rep.Items += len(p.Items)
		all.Add(p.Items)
	}
	return nil
}

func openSource(source string) (trust.Source, error) {
	if isURL(source) {
		return trust.HTTP(source, nil)
	}
	if _, err := os.Stat(filepath.Join(source, "metadata")); err != nil {
		return nil, preau.E(preau.NotFound, source+" holds no catalogue", "Give a published folder, a repository, or an http(s) address.", err)
	}
	return trust.Folder(source), nil
}

func (rep *Report) fault(kind, object string, err error) {
	rep.Faults = append(rep.Faults, Fault{kind, object, textOf(err), preau.RemedyOf(err)})
}

func textOf(err error) string {
	if e, ok := errors.AsType[*preau.Error](err); ok {
		return e.Text
	}
	return err.Error()
}

// examine verifies signatures and reads what each publisher lists, with the
// box's own client on a database that is thrown away.
func examine(ctx context.Context, src trust.Source, opts VerifyOptions, rep *Report, each func(*trust.Shelf) error) error {
	root, err := pinned(ctx, src, opts.Root)
	if err != nil {
		return err
	}
	rep.Pinned = opts.Root != ""
	dir, err := os.MkdirTemp("", "preau-verify-")
	if err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	defer os.RemoveAll(dir)
	clock := fixed(opts.At)
	db, err := sqlite.Open(ctx, filepath.Join(dir, "trust.db"), clock)
	if err != nil {
		return fmt.Errorf("open a temporary database: %w", err)
	}
	defer db.Close()
	client, err := trust.Open(ctx, trust.Config{DB: db, Clock: clock, Root: root})
	if err != nil {
		return err
	}
	verified, err := client.Refresh(ctx, src)
	if err != nil {
		kind := string(trust.ReasonOf(err))
		if kind == "" {
			return err
		}
		rep.fault(kind, "metadata", err)
		return nil
	}
	defer verified.Close()
	rep.Root, rep.Timestamp, rep.Expires = verified.Root, verified.Timestamp, verified.Expires
	return rep.shelves(ctx, verified, each)
}

func pinned(ctx context.Context, src trust.Source, file string) ([]byte, error) {
	if file == "" {
		return src.Fetch(ctx, "metadata/1.root.json", 512_000)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, preau.E(preau.Invalid, "the root "+file+" cannot be read", "Give the root.json that boxes were provisioned with.", err)
	}
	return b, nil
}

// shelves reads the lists of packs, the catalogue's own first.
func (rep *Report) shelves(ctx context.Context, verified *trust.Verified, each func(*trust.Shelf) error) error {
	publishers, err := verified.Publishers()
	if err != nil {
		rep.fault(string(trust.ReasonOf(err)), "delegations", err)
	}
	rep.Publishers = publishers
	for _, publisher := range append([]string{""}, publishers...) {
		object := notice.Folder(publisher) + notice.IndexPath
		shelf, err := verified.Shelf(ctx, publisher, nil)
		if err != nil {
			kind := "index"
			if reason := trust.ReasonOf(err); publisher != "" && reason != "" {
				kind = string(reason)
			}
			rep.fault(kind, object, err)
			continue
		}
		if shelf.Index.Taxons != nil {
			raw, err := verified.Target(ctx, shelf.Index.Taxons.Path, notice.MaxTaxons)
			if err == nil {
				_, err = notice.ParseTaxons(raw)
			}
			if err != nil {
				rep.fault("index", notice.TaxonsPath, err)
			}
		}
		if err := each(shelf); err != nil {
			return err
		}
	}
	return nil
}

// asBox verifies the repository as boxes will meet it. A publisher whose
// delivery they refuse is left out: it must not keep the others' from them.
func (r *Repository) asBox(ctx context.Context, now time.Time) ([]*trust.Shelf, error) {
	rep := &Report{}
	var shelves []*trust.Shelf
	err := examine(ctx, trust.Folder(r.dir), VerifyOptions{At: now}, rep, func(s *trust.Shelf) error {
		shelves = append(shelves, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, f := range rep.Faults {
		if !strings.HasPrefix(f.Object, "publishers/") {
			return nil, preau.E(preau.Untrusted, fmt.Sprintf("boxes would refuse this catalogue: %s: %s", f.Object, f.Text), "Run preau catalogue sign "+r.dir+", then publish.", nil)
		}
	}
	return shelves, nil
}

func altered(object string) error {
	return preau.E(preau.Corrupt, object+" is not what was signed", "Publish the catalogue again; if it lasts, add the item again.", nil)
}

func (rep *Report) blobFault(item string, a notice.Asset, err error) {
	kind := "source"
	switch preau.KindOf(err) {
	case preau.NotFound:
		kind = "blob-missing"
	case preau.Corrupt:
		kind = "blob-altered"
	}
	rep.Faults = append(rep.Faults, Fault{kind, "blobs/" + a.SHA256[:2] + "/" + a.SHA256,
		fmt.Sprintf("%s of %s: %s", a.Role, item, textOf(err)), preau.RemedyOf(err)})
}

// checkBlob reads a blob where it is published and compares it.
func checkBlob(ctx context.Context, source string, a notice.Asset, quick bool, moved func(int64)) error {
	r, size, err := openBlob(ctx, source, a.SHA256, quick)
	if errors.Is(err, fs.ErrNotExist) {
		return preau.E(preau.NotFound, "the file is missing", "Publish the catalogue again.", err)
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if quick {
		if size != a.Size {
			return altered("the file")
		}
		return nil
	}
	hash := sha256.New()
	// One byte more than stated shows a file that was lengthened.
	n, err := io.Copy(hash, io.LimitReader(stock.Counted(stock.Reader(ctx, r), moved), a.Size+1))
	if err != nil {
		return preau.E(preau.Unavailable, "the file cannot be read", "Check the disk or the line, then verify again.", err)
	}
	if n != a.Size || hex.EncodeToString(hash.Sum(nil)) != a.SHA256 {
		return altered("the file")
	}
	return nil
}

func openBlob(ctx context.Context, source, sum string, quick bool) (io.ReadCloser, int64, error) {
	if !isURL(source) {
		f, err := os.Open(filepath.Join(source, "blobs", sum[:2], sum))
		if err != nil {
			return nil, 0, err
		}
		info, err := f.Stat()
		if err != nil {
			f.Close()
			return nil, 0, fmt.Errorf("look at blob: %w", err)
		}
		return f, info.Size(), nil
	}
	method := http.MethodGet
	if quick {
		method = http.MethodHead
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(source, "/")+"/blobs/"+sum[:2]+"/"+sum, nil)
	if err != nil {
		return nil, 0, fmt.Errorf("ask for blob: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, 0, preau.E(preau.Unavailable, "the origin does not answer", "Check the address and the line.", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.Body, resp.ContentLength, nil
	case http.StatusNotFound:
		resp.Body.Close()
		return nil, 0, fs.ErrNotExist
	}
	resp.Body.Close()
	return nil, 0, preau.E(preau.Unavailable, "the origin answers "+resp.Status, "Check the host's configuration.", nil)
}
