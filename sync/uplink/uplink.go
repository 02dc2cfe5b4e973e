// Package uplink delivers the journal to the authority's store. It promises
// that each statement arrives exactly once whatever fails in between, that
// attendance leaves first, that a store which is down, slow or full costs
// nothing but time, and that nothing is given up to pruning before the
// authority's signed receipt was read back. It refuses to overwrite a head,
// to trust an HTTP status, and to go on when the store refuses the box.
//
// The life of a segment: its bytes in the spool, synced → its row (sealed) →
// its objects in the store, read back → its head, read back (delivered) → a
// signed receipt (receipted) → the journal may prune. Each step may be cut
// short and done again.
package uplink

import (
	"context"
	"crypto/x509"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"filippo.io/age"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/bucket"
	"preau/sync/journal"
	"preau/sync/segment"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Pace says when a stream's statements leave: After the first one waits, or
// as soon as Rows of them do.
type Pace struct {
	After time.Duration
	Rows  uint64
}

// DefaultPace is that of a school. The lesson's end flushes besides.
func DefaultPace() map[preau.Stream]Pace {
	return map[preau.Stream]Pace{
		preau.StreamAttendance: {10 * time.Second, 500},
		preau.StreamCase:       {time.Minute, 100},
		preau.StreamMessage:    {time.Minute, 100},
		preau.StreamLearning:   {15 * time.Minute, 2000},
		preau.StreamTelemetry:  {time.Hour, 2000},
	}
}

// Config is what delivery works with. All but Recipients, Name, Versions and
// Fault are needed; a nil Pace is DefaultPace, a zero Poll 30 seconds.
type Config struct {
	DB      *sqlite.DB
	Journal *journal.Journal
	Clock   preau.Clock
	Bucket  bucket.Bucket
	Log     *slog.Logger

	Box        segment.Box
	Signer     segment.Signer
	Roots      *x509.CertPool // who may sign receipts and boxes
	Secret     []byte         // for pseudonyms; never leaves
	Recipients map[preau.Stream][]age.Recipient
	Name       string // the school's, for the console
	Versions   map[string]string

	Spool string // folder, made if missing
	Pace  map[preau.Stream]Pace
	Poll  time.Duration // how often to look for a receipt while one is due

	// Fault is called at each named step; an error stops delivery there, as a
	// crash would. Tests use it to kill.
	Fault func(step string) error
}

// Uplink delivers one box's journal. Serve and Flush may run at once.
type Uplink struct {
	cfg   Config
	maker *segment.Maker

	mu         sync.Mutex // one delivery at a time; guards what follows
	todo       map[preau.Stream][]*pending
	openings   map[uint64]segment.Opening
	introduced bool // the identity in the store is ours of now
	picks      int
	there      map[string]bool // objects read back whose head is not there yet
}

// pending is a stream of an epoch and how far it is sealed.
type pending struct {
	epoch        uint64
	sealed, last uint64
}

// Open prepares delivery and forgets what an interrupted sealing left in the
// spool. It sends nothing.
func Open(ctx context.Context, cfg Config) (*Uplink, error) {
	maker, err := segment.NewMaker(cfg.Box, cfg.Signer, cfg.Secret, cfg.Recipients)
	if err != nil {
		return nil, fmt.Errorf("open uplink: %w", err)
	}
	if cfg.Pace == nil {
		cfg.Pace = DefaultPace()
	}
	if cfg.Poll == 0 {
		cfg.Poll = 30 * time.Second
	}
	if cfg.Fault == nil {
		cfg.Fault = func(string) error { return nil }
	}
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("open uplink: %w", err)
	}
	if err := cfg.DB.Migrate(ctx, "uplink", sub); err != nil {
		return nil, fmt.Errorf("open uplink: %w", err)
	}
	if err := os.MkdirAll(cfg.Spool, 0o700); err != nil {
		return nil, fmt.Errorf("make spool: %w", err)
	}
	u := &Uplink{cfg: cfg, maker: maker, there: map[string]bool{}}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := u.load(ctx); err != nil {
		return nil, fmt.Errorf("open uplink: %w", err)
	}
	if err := u.sweep(ctx); err != nil {
		return nil, fmt.Errorf("open uplink: %w", err)
	}
	return u, nil
}

// load finds what is still to be sealed, epoch by epoch, oldest first.
func (u *Uplink) load(ctx context.Context) error {
	heads, err := u.cfg.Journal.Heads(ctx)
	if err != nil {
		return err
	}
	epochs, err := u.cfg.Journal.Epochs(ctx)
	if err != nil {
		return err
	}
	u.openings = map[uint64]segment.Opening{}
	for _, e := range epochs {
		ends := e.PrevHeads
		if ends == nil {
			ends = map[preau.Stream]uint64{}
		}
		u.openings[e.ID] = segment.Opening{Ends: ends, Previous: segment.EpochID(e.Previous)}
	}
	sealed, err := u.sealedUpTo(ctx)
	if err != nil {
		return err
	}
	u.todo = map[preau.Stream][]*pending{}
	for _, h := range heads {
		done := max(h.Acked, sealed[h.Stream][h.Epoch])
		if h.Epoch != u.cfg.Journal.Epoch() && done < h.Last {
			u.todo[h.Stream] = append(u.todo[h.Stream], &pending{h.Epoch, done, h.Last})
		}
	}
	current := u.cfg.Journal.Epoch()
	for _, p := range journal.Streams() {
		u.todo[p.Stream] = append(u.todo[p.Stream], &pending{epoch: current, sealed: sealed[p.Stream][current]})
	}
	return u.refresh(ctx)
}

// refresh learns how far the current epoch, the only one that grows, has
// come.
func (u *Uplink) refresh(ctx context.Context) error {
	last, err := u.cfg.Journal.Current(ctx)
	if err != nil {
		return fmt.Errorf("read the journal's ends: %w", err)
	}
	for stream, list := range u.todo {
		list[len(list)-1].last = last[stream]
	}
	return nil
}

// waiting counts a stream's statements that are not sealed yet.
func (u *Uplink) waiting(stream preau.Stream) (n uint64) {
	for _, p := range u.todo[stream] {
		n += p.last - min(p.sealed, p.last)
	}
	return n
}
