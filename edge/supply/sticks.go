package supply

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"preau"
	"preau/edge/refresh"
	"preau/internal/httpkit"
	"preau/media/catalogue/holding"
	"preau/media/courier"
)

// Offered is a stick that is plugged in, and what it would bring.
type Offered struct {
	Path  string        `json:"path"`
	Label courier.Label `json:"label"`
	// Files and Bytes are what the box wants and the stick has; a newer
	// catalogue on the stick may make them more.
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// Problem says why the stick cannot be read.
	Problem string `json:"problem,omitempty"`
}

// sticks watches what is plugged in.
type sticks struct {
	mounts string   // the kernel's table of mounts
	roots  []string // below which sticks are mounted
	came   func()   // is told of a new one

	mu   sync.Mutex
	seen []string // paths with packs on them
	last Importing
	// asked holds what a page wants imported.
	asked chan string
	// importing is held by the one import that may run.
	importing sync.Mutex
}

// look is how often the table of mounts is read: a page of text.
const look = 2 * time.Second

func newSticks() *sticks {
	return &sticks{mounts: "/proc/self/mountinfo", roots: []string{"/media", "/run/media", "/mnt"}, asked: make(chan string, 1), came: func() {}}
}

// watch keeps the list of sticks until ctx ends. A stick that comes is said
// once, in the log; the technician's page and preau status offer it.
func (s *Supply) watch(ctx context.Context) error {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		table, err := os.ReadFile(s.sticks.mounts)
		if err == nil {
			fresh := s.sticks.found(mounted(table, s.sticks.roots))
			for _, path := range fresh {
				s.Log.Info("a stick with packs is plugged in", "path", path, "remedy", "preau pack import "+path)
			}
			if len(fresh) > 0 {
				s.sticks.came()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// found keeps those of the paths that have packs, and returns the new ones.
func (k *sticks) found(paths []string) (fresh []string) {
	var now []string
	for _, path := range paths {
		if _, err := os.Lstat(filepath.Join(path, courier.Folder, "stick.json")); err == nil {
			now = append(now, path)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, path := range now {
		if !slices.Contains(k.seen, path) {
			fresh = append(fresh, path)
		}
	}
	k.seen = now
	return fresh
}

// mounted reads the mount points below roots out of a mountinfo table
// (proc_pid_mountinfo(5): the fifth field, spaces and the like in octal).
func mounted(table []byte, roots []string) (paths []string) {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range bytes.Lines(table) {
		fields := bytes.Fields(line)
		if len(fields) < 5 {
			continue
		}
		path := unescape.Replace(string(fields[4]))
		if slices.ContainsFunc(roots, func(root string) bool { return strings.HasPrefix(path, root+"/") || path == root }) {
			paths = append(paths, path)
		}
	}
	return paths
}

// paths are those of the sticks that are plugged in.
func (k *sticks) paths() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.seen)
}

// Sticks lists what is plugged in, with what each would bring.
func (s *Supply) Sticks(ctx context.Context) (list []Offered, err error) {
	for _, path := range s.sticks.paths() {
		o, err := s.offer(ctx, path)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			o = Offered{Path: path, Problem: err.Error()}
		}
		list = append(list, o)
	}
	return list, nil
}

func (s *Supply) offer(ctx context.Context, path string) (Offered, error) {
	stick, err := courier.Open(path)
	if err != nil {
		return Offered{}, err
	}
	o := Offered{Path: path, Label: stick.Label}
	wants, _, err := s.refresher.Offer(ctx, stick)
	for _, w := range wants {
		o.Files++
		o.Bytes += w.Size
	}
	return o, err
}

// ImportStick brings what the box wants from the stick at path.
func (s *Supply) ImportStick(ctx context.Context, path string, tell func(preau.Progress)) (refresh.Imported, error) {
	stick, err := courier.Open(path)
	if err != nil {
		return refresh.Imported{}, err
	}
	if !s.sticks.importing.TryLock() {
		return refresh.Imported{}, preau.E(preau.Busy, "a stick is being read already", "Wait for it to end.", nil)
	}
	defer s.sticks.importing.Unlock()
	return s.refresher.Import(ctx, counted{stick, s.budget}, tell)
}

// exporter carries what this box holds.
func (s *Supply) exporter() *courier.Export {
	return &courier.Export{
		Mirror: filepath.Join(s.Data, "catalogue"), Packs: s.Items.Packs, Held: s.Blobs.Has, Open: s.Blobs.Open,
		By: strings.TrimSpace(string(s.Config.UAI) + " " + s.Config.Box), Now: s.Clock.Now,
	}
}

// stickRequest is what the commands about sticks say.
type stickRequest struct {
	Path  string   `json:"path"`
	Packs []string `json:"packs"`
	Plan  bool     `json:"plan"`
}

func readStickRequest(w http.ResponseWriter, r *http.Request) (q stickRequest, err error) {
	if err = httpkit.ReadJSON(w, r, 1<<20, &q); err == nil && !filepath.IsAbs(q.Path) {
		err = preau.E(preau.Invalid, "the stick's folder is not given whole", "Give it from / on, such as /media/stick.", nil)
	}
	return q, err
}

func (s *Supply) installSticks(handle func(pattern string, h httpkit.Handler)) {
	handle("GET /admin/packs", func(w http.ResponseWriter, r *http.Request) error {
		packs, err := s.Items.Packs(r.Context())
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, s.here(packs))
	})
	handle("GET /admin/sticks", func(w http.ResponseWriter, r *http.Request) error {
		list, err := s.Sticks(r.Context())
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, list)
	})
	handle("POST /admin/sticks/import", func(w http.ResponseWriter, r *http.Request) error {
		q, err := readStickRequest(w, r)
		if err != nil {
			return err
		}
		if q.Plan {
			o, err := s.offer(r.Context(), q.Path)
			if err != nil {
				return err
			}
			return httpkit.Follow(w, func(func(preau.Progress)) (any, error) { return o, nil })
		}
		return httpkit.Follow(w, func(tell func(preau.Progress)) (any, error) { return s.ImportStick(r.Context(), q.Path, tell) })
	})
	handle("POST /admin/sticks/export", func(w http.ResponseWriter, r *http.Request) error {
		q, err := readStickRequest(w, r)
		if err != nil {
			return err
		}
		return httpkit.Follow(w, func(tell func(preau.Progress)) (any, error) {
			if q.Plan {
				return s.exporter().Plan(r.Context(), q.Path, q.Packs)
			}
			began, from := time.Now(), int64(-1)
			return s.exporter().Run(r.Context(), q.Path, q.Packs, func(p preau.Progress) {
				if from < 0 {
					began, from = time.Now(), p.BytesDone
				}
				if took := time.Since(began).Seconds(); took > 0.5 {
					p.Rate = float64(p.BytesDone-from) / took
				}
				tell(p)
			})
		})
	})
}

// PackHere is a pack of the current catalogue and how much of it is here.
type PackHere struct {
	courier.Pack
	FilesHere int   `json:"files_here"`
	BytesHere int64 `json:"bytes_here"`
}

func (s *Supply) here(packs []holding.Pack) []PackHere {
	list := make([]PackHere, 0, len(packs))
	for _, p := range packs {
		h := PackHere{Pack: courier.Pack{Slug: p.Slug, Version: p.Version, Items: p.Items, Files: len(p.Files)}}
		for _, f := range p.Files {
			h.Bytes += f.Size
			if s.Blobs.Has(f.Digest) {
				h.FilesHere++
				h.BytesHere += f.Size
			}
		}
		list = append(list, h)
	}
	return list
}
