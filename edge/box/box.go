package box

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/access/passkey"
	"preau/edge/attendance"
	"preau/edge/box/classroom"
	"preau/edge/box/clock"
	"preau/edge/box/settings"
	"preau/edge/box/sight"
	"preau/edge/casework"
	"preau/edge/cmi5"
	"preau/edge/cmi5/launch"
	"preau/edge/content"
	"preau/edge/directory"
	"preau/edge/discovery"
	"preau/edge/live"
	"preau/edge/live/results"
	"preau/edge/lrs"
	"preau/edge/plan"
	"preau/edge/privacy"
	"preau/edge/progress"
	"preau/edge/supply"
	"preau/edge/timetable"
	"preau/internal/durable"
	"preau/internal/sqlite"
	"preau/internal/telemetry"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/provisioning/enrol"
	"preau/sync/journal"
	"preau/sync/uplink"
)

// Options say where a box lives and how it is reached.
type Options struct {
	Data   string // folder, made if missing; held by this process alone
	Config string // path; empty: DATA/config.json, if there is one
	HTTP   string // address; a port of 0 is any free one
	HTTPS  string // address; empty: none

	Version string
	Built   time.Time // the clock is never before it
	Log     *slog.Logger
	Ring    *telemetry.Ring // the log's last lines, for the technician
	// Ready is told the addresses once all serve.
	Ready func(Addresses)
}

// Addresses are where the box listens, as URLs; empty: not.
type Addresses struct{ HTTP, HTTPS string }

// floor is what content leaves free on the disk, so that the journal never
// meets a full one.
const floor = 256 << 20

// Box is an open box. Run serves it.
type Box struct {
	opts     Options
	config   enrol.Config
	isConfig bool
	identity settings.Identity
	isKnown  bool // has an identity
	clock    *clock.Clock
	zone     *time.Location
	started  time.Time
	metrics  telemetry.Registry

	lock    *durable.Lock
	db      *sqlite.DB
	journal *journal.Journal
	blobs   *blob.Store
	items   *catalogue.Catalogue

	directory  *directory.Directory
	access     *access.Access
	passkeys   *passkey.Passkeys
	timetable  *timetable.Timetable
	attendance *attendance.Attendance
	progress   *progress.Progress
	plans      *plan.Plans
	cases      *casework.Cases
	privacy    *privacy.Privacy
	lrs        *lrs.LRS
	courses    *cmi5.Courses
	launches   *launch.Launches
	results    *results.Results
	hub        *live.Hub
	classroom  *classroom.Classroom
	uplink     *uplink.Uplink // nil: no store, or no identity
	announcer  *discovery.Announcer
	supply     *supply.Supply
	content    *content.Content
	lessonOver chan struct{} // a hint, of room one
	sight      *sight.Sight
}

// Open opens everything and serves nothing yet. On an error what was opened
// is closed again.
func Open(ctx context.Context, opts Options) (b *Box, err error) {
	b = &Box{opts: opts, started: time.Now(), lessonOver: make(chan struct{}, 1)}
	defer func() {
		if err != nil {
			b.Close()
			b = nil
		}
	}()
	path, must := opts.Config, opts.Config != ""
	if !must {
		path = filepath.Join(opts.Data, "config.json")
	}
	if b.config, b.isConfig, err = settings.Read(path, must); err != nil {
		return b, err
	}
	if err := os.MkdirAll(opts.Data, 0o700); err != nil {
		return b, preau.E(preau.Invalid, "the data folder "+opts.Data+" cannot be made", "Give a folder this user may write with --data.", err)
	}
	if b.lock, err = durable.LockDir(opts.Data); err != nil {
		return b, err
	}
	if b.clock, err = clock.Open(opts.Data, opts.Built); err != nil {
		return b, err
	}
	if b.zone, err = clock.Paris(); err != nil {
		return b, err
	}
	for _, step := range []func(context.Context) error{b.openStores, b.openLRS, b.openCourses, b.openSchool, b.openPlans, b.openPrivacy, b.openContent, b.openLive, b.openSupply, b.openUplink} {
		if err := step(ctx); err != nil {
			return b, err
		}
	}
	return b, nil
}

// openStores opens what everything is kept in.
func (b *Box) openStores(ctx context.Context) (err error) {
	if b.db, err = sqlite.Open(ctx, filepath.Join(b.opts.Data, "preau.db"), b.clock); err != nil {
		return err
	}
	if b.journal, err = journal.Open(ctx, b.db, b.clock); err != nil {
		return err
	}
	if b.blobs, err = blob.Open(filepath.Join(b.opts.Data, "content"), floor); err != nil {
		return err
	}
	root, err := os.ReadFile(filepath.Join(b.opts.Data, "identity", "catalogue-root.json"))
	if err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("read the catalogue's root: %w", err)
	}
	b.items, err = catalogue.Open(ctx, catalogue.Config{DB: b.db, Clock: b.clock, Held: b.blobs, Root: root, Log: b.opts.Log})
	return err
}

// openContent opens what decides on the content.
func (b *Box) openContent(ctx context.Context) (err error) {
	b.content, err = content.Open(ctx, content.Deps{
		DB: b.db, Items: b.items, Blobs: b.blobs, Plans: b.plans, Others: b.courses.Blobs, Clock: b.clock, Zone: b.zone, Log: b.opts.Log, Floor: floor,
		Rooms: func() int { return b.hub.Stats().Rooms }, Wake: func() { b.supply.Nudge() },
	})
	return err
}

// openSupply opens what brings content in.
func (b *Box) openSupply(ctx context.Context) (err error) {
	if b.identity, b.isKnown, err = settings.ReadIdentity(b.opts.Data); err != nil {
		return err
	}
	b.supply, err = supply.Open(ctx, supply.Deps{
		Config: b.config, Data: b.opts.Data, Items: b.items, Blobs: b.blobs, Journal: b.journal, Clock: b.clock, Log: b.opts.Log, Metrics: &b.metrics, Shelf: b.content,
		Certificate: b.identity.TLS, Authorities: b.identity.Authorities,
		Zone: b.zone, Timetable: b.timetable, Calendar: b.calendarPath(), Rooms: b.classroom.InSession,
	})
	return err
}

// openSchool opens the nouns of the school.
func (b *Box) openSchool(ctx context.Context) (err error) {
	key, err := settings.Secret(b.opts.Data)
	if err != nil {
		return err
	}
	if b.directory, err = directory.Open(ctx, b.db); err != nil {
		return err
	}
	b.access, err = access.Open(ctx, access.Deps{DB: b.db, Directory: b.directory, Clock: b.clock, Log: b.opts.Log, Secret: key})
	if err != nil {
		return err
	}
	b.passkeys, err = passkey.Open(ctx, passkey.Deps{DB: b.db, Access: b.access, Clock: b.clock, Log: b.opts.Log, Secret: key})
	if err != nil {
		return err
	}
	if b.timetable, err = timetable.Open(ctx, b.db, b.zone); err != nil {
		return err
	}
	if err := b.followCalendar(); err != nil {
		return err
	}
	pids := func(ctx context.Context, class string) (ids []string, err error) {
		people, err := b.directory.Pupils(ctx, class)
		for _, p := range people {
			ids = append(ids, p.ID)
		}
		return ids, err
	}
	if b.attendance, err = attendance.Open(ctx, b.db, b.journal, pids, b.zone); err != nil {
		return err
	}
	b.attendance.Guardians(func(ctx context.Context, pid string) (ids []string, err error) {
		responsible, err := b.directory.GuardiansOf(ctx, pid)
		for _, g := range responsible {
			ids = append(ids, g.ID)
		}
		return ids, err
	})
	if b.results, err = results.Open(ctx, b.db, b.journal); err != nil {
		return err
	}
	if b.cases, err = casework.Open(ctx, b.db, b.journal); err != nil {
		return err
	}
	b.progress, err = progress.Open(ctx, b.db, b.journal, progress.Config{Zone: b.zone, Length: b.length})
	if err == nil {
		b.journal.OnAppend(b.progress.Follow)
	}
	return err
}

// length is an item's by its notice.
func (b *Box) length(ctx context.Context, id string) (time.Duration, bool) {
	it, err := b.items.Item(ctx, id, true)
	if err != nil || it.Duration <= 0 {
		return 0, false
	}
	return time.Duration(it.Duration * float64(time.Second)), true
}

// Close closes what Open opened.
func (b *Box) Close() {
	if b.db != nil {
		if err := b.db.Close(); err != nil {
			b.opts.Log.Error("database not closed", "err", err)
		}
	}
	if b.lock != nil {
		b.lock.Close()
	}
}
