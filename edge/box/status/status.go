// Package status reads where a box stands from its data folder, running or not.
// It promises to change nothing; it refuses a folder that holds no box.
package status

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/edge/box/admin"
	"preau/edge/box/clock"
	"preau/edge/box/settings"
	"preau/edge/refresh"
	"preau/edge/supply"
	"preau/internal/durable"
	"preau/internal/sqlite"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/sync/uplink"
)

// Status is where a box stands: `preau status --json`, a documented contract
// (docs/cli.md).
type Status struct {
	Data        string           `json:"data"`
	Running     bool             `json:"running"`
	Provisioned bool             `json:"provisioned"` // has an identity
	UAI         preau.UAI        `json:"uai,omitempty"`
	School      string           `json:"school,omitempty"`
	Clock       preau.ClockState `json:"clock"`
	DiskFree    uint64           `json:"disk_free_bytes"`
	DiskTotal   uint64           `json:"disk_total_bytes"`
	Catalogue   catalogue.Status `json:"catalogue"`
	Problem     *refresh.Problem `json:"catalogue_problem,omitempty"` // why it is not refreshed
	Blobs       int64            `json:"blobs"`
	BlobBytes   int64            `json:"blob_bytes"`
	Uplink      uplink.Status    `json:"uplink"`
	Delivery    string           `json:"delivery"`         // the same as a sentence
	Supply      *supply.Status   `json:"supply,omitempty"` // of a running box: the line, what is on its way, sister boxes
}

// Read reads the state of the box in a data folder, running or not. It
// changes nothing.
func Read(ctx context.Context, data string) (s Status, err error) {
	s.Data = data
	path := filepath.Join(data, "preau.db")
	if _, err := os.Stat(path); err != nil {
		return s, preau.E(preau.NotFound, data+" holds no box", "Give the box's data folder with --data.", err)
	}
	cfg, _, err := settings.Read(filepath.Join(data, "config.json"), false)
	if err != nil {
		return s, err
	}
	s.UAI, s.School = cfg.UAI, cfg.School
	if lock, err := durable.LockDir(data); preau.KindOf(err) == preau.Busy && err != nil {
		s.Running = true
	} else if err == nil {
		lock.Close()
	}
	_, statErr := os.Stat(filepath.Join(data, "identity", "tls.crt"))
	s.Provisioned = statErr == nil
	if s.DiskFree, s.DiskTotal, err = durable.FreeSpace(data); err != nil {
		return s, err
	}
	clock, err := clock.Open(data, time.Time{})
	if err != nil {
		return s, err
	}
	s.Clock = clock.State()
	db, err := sqlite.Open(ctx, path, clock)
	if err != nil {
		return s, err
	}
	defer db.Close()
	return s, s.read(ctx, db, data, clock)
}

func (s *Status) read(ctx context.Context, db *sqlite.DB, data string, clock preau.Clock) error {
	blobs, err := blob.Open(filepath.Join(data, "content"), 0)
	if err != nil {
		return err
	}
	if s.Blobs, s.BlobBytes, err = blobs.Usage(); err != nil {
		return err
	}
	root, err := os.ReadFile(filepath.Join(data, "identity", "catalogue-root.json"))
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("read the catalogue's root: %w", err)
	}
	items, err := catalogue.Open(ctx, catalogue.Config{DB: db, Clock: clock, Held: blobs, Root: root, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if s.Catalogue, err = items.Status(ctx); err != nil {
		return err
	}
	if s.Problem, err = refresh.ReadProblem(data); err != nil {
		return err
	}
	if s.Uplink, err = uplink.ReadStatus(ctx, db); err != nil {
		return err
	}
	s.Delivery = s.Uplink.Sentence("en", time.Local)
	if s.Running {
		s.Supply = ask(ctx, data)
	}
	return nil
}

// ask asks the running box what no file tells; a box that starts or stops
// just then, or is of another release, tells nothing.
func ask(ctx context.Context, data string) *supply.Status {
	c, err := admin.Dial(ctx, data)
	if err != nil {
		return nil
	}
	defer c.Close()
	var s supply.Status
	if err := c.Do(ctx, http.MethodGet, "/admin/supply", nil, &s); err != nil {
		return nil
	}
	return &s
}
