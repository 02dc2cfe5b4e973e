// Package supply composes what brings content to a box: the refresher, the
// sister boxes on the network, the rules under which the school's line may be
// used. It promises that a fault of any of them is said and stops nothing
// else; it refuses to know what the content is.
package supply

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"preau"
	"preau/edge/discovery"
	"preau/edge/refresh"
	"preau/edge/sister"
	"preau/edge/timetable"
	"preau/internal/httpkit"
	"preau/internal/line"
	"preau/internal/supervise"
	"preau/internal/telemetry"
	"preau/media/blob"
	"preau/media/catalogue"
	"preau/media/catalogue/trust"
	"preau/provisioning/enrol"
	"preau/provisioning/revocation"
	"preau/sync/budget"
	"preau/sync/journal"
)

// Shelf says what to bring, makes room for it, and hears how far it is.
type Shelf interface {
	Wanted(ctx context.Context, limit int) ([]catalogue.Want, error)
	MakeRoom(ctx context.Context) error
	NoRoom(ctx context.Context) error
	Report(p preau.Progress)
}

// Deps are what the box lends.
type Deps struct {
	Config  enrol.Config
	Data    string
	Items   *catalogue.Catalogue
	Blobs   *blob.Store
	Journal *journal.Journal
	Clock   preau.Clock
	Log     *slog.Logger
	Metrics *telemetry.Registry
	// Certificate and Authorities are the box's identity; none: it has no
	// sisters.
	Shelf       Shelf
	Certificate tls.Certificate
	Authorities []*x509.Certificate

	Zone      *time.Location
	Timetable *timetable.Timetable
	Calendar  string      // file that corrects the holidays of this release
	Rooms     func() bool // reports whether a class is in session with screens
}

// Supply is what brings content in.
type Supply struct {
	Deps
	refresher *refresh.Refresher
	revoked   *revocation.Keeper // nil: the box has no identity
	finder    *sister.Finder     // nil: no sisters
	door      *sister.Door
	sticks    *sticks
	policy    budget.Policy
	budget    *budget.Budget
	out       http.RoundTripper // to the Internet
	films     films
}

// defaultListen is where sister boxes are served unless told otherwise.
const defaultListen = ":8446"

// Open prepares all and starts nothing.
func Open(ctx context.Context, deps Deps) (*Supply, error) {
	s := &Supply{Deps: deps, sticks: newSticks()}
	if err := s.openLine(); err != nil {
		return nil, err
	}
	s.budget = budget.Open(ctx, budget.Config{
		Policy: s.policy, Data: deps.Data, Clock: deps.Clock, Zone: deps.Zone, Log: deps.Log, Day: s.day, Class: s.class, Counted: s.count,
		Changed: func() {
			if s.refresher != nil { // else it has not begun
				s.refresher.Nudge()
			}
		},
	})
	mirror := filepath.Join(deps.Data, "catalogue")
	if err := s.openSisters(mirror); err != nil {
		return nil, err
	}
	d := refresh.Deps{
		Items: deps.Items, Blobs: deps.Blobs, Journal: deps.Journal, Clock: deps.Clock, Log: deps.Log, URL: deps.Config.Catalogue.URL, Data: deps.Data,
		Mirror: mirror, Budget: s.budget, Sticks: s.stickSources, Wanted: deps.Shelf.Wanted, MakeRoom: deps.Shelf.MakeRoom, NoRoom: deps.Shelf.NoRoom, Report: deps.Shelf.Report,
	}
	carry := s.budget.Transport(budget.Origin, s.out)
	d.Client, d.Files = line.Client(carry), line.Client(line.NoPages(carry))
	if s.finder != nil {
		d.Sisters = s.finder.Sisters
	}
	var err error
	if s.refresher, err = refresh.New(d); err != nil {
		return nil, err
	}
	if s.finder != nil {
		s.finder.Found = s.refresher.Nudge
	}
	s.sticks.came = s.refresher.Plugged
	s.Items.Through(s.Reachable)
	return s, nil
}

func (s *Supply) openSisters(mirror string) (err error) {
	if len(s.Authorities) == 0 {
		return nil
	}
	if s.revoked, err = revocation.Open(filepath.Join(s.Data, "identity", "revoked.crl"), s.Authorities); err != nil {
		return err
	}
	c := s.Config.Sisters
	if c.Off {
		return nil
	}
	for _, p := range c.Peers {
		if _, _, err := net.SplitHostPort(p); err != nil {
			return preau.E(preau.Invalid, fmt.Sprintf("sisters.peers of the configuration names %.80q", p), "Write host:port, such as 192.168.1.11:8446.", err)
		}
	}
	id := sister.Identity{Certificate: s.Certificate, Authorities: s.Authorities, Revoked: s.revoked, Clock: s.Clock}
	s.finder = &sister.Finder{Identity: id, Peers: c.Peers, Log: s.Log}
	s.finder.Wrap = func(next http.RoundTripper) http.RoundTripper { return s.budget.Transport(budget.Sister, next) }
	given := s.Metrics.Counter("preau_sisters_given_bytes_total", "Bytes given to sister boxes.")
	s.door = &sister.Door{
		Identity: id, Blobs: s.Blobs, Log: s.Log, Catalogue: trust.Folder(mirror), Known: s.known,
		Pace: s.budget.Pace, Sent: func(n int) { given.Add(uint64(n)) },
	}
	return nil
}

// known refuses what is not of the catalogue: the school's own files are
// nobody else's.
func (s *Supply) known(ctx context.Context, d blob.Digest) error {
	_, err := s.Items.Mime(ctx, d)
	return err
}

// Nudge makes the next refresh begin now.
func (s *Supply) Nudge() { s.refresher.Nudge() }

// Add puts what runs into the group, and returns the port on which sister
// boxes are served, 0 for none. alone: the box is on no network, so that
// nobody is looked for; peers that are written down are asked all the same.
func (s *Supply) Add(ctx context.Context, g *supervise.Group, alone bool) (port int) {
	g.Add("catalogue", s.refresher.Serve)
	g.Add("sticks", s.watch)
	g.Add("imports of sticks", s.serveImports)
	g.Add("line", s.budget.Serve)
	if s.finder == nil {
		return 0
	}
	if !alone {
		s.finder.Browse = discovery.Browse
	}
	if !alone || len(s.finder.Peers) > 0 {
		g.Add("sister boxes", s.finder.Serve)
	}
	if alone && s.Config.Sisters.Listen == "" {
		return 0
	}
	ln, err := s.listen(ctx)
	if err != nil {
		s.Log.Error("sister boxes are not served", "err", err, "remedy", preau.RemedyOf(err))
		return 0
	}
	g.Add("sister door", func(ctx context.Context) error { return s.door.Serve(ctx, ln) })
	return sister.Port(ln)
}

// listen takes the port that was chosen, or the usual one, or any when that
// is taken by chance: the announcement tells which.
func (s *Supply) listen(ctx context.Context) (net.Listener, error) {
	if addr := s.Config.Sisters.Listen; addr != "" {
		return httpkit.Listen(ctx, addr, "sisters.listen of config.json")
	}
	ln, err := httpkit.Listen(ctx, defaultListen, "sisters.listen of config.json")
	if preau.KindOf(err) != preau.Busy {
		return ln, err
	}
	return httpkit.Listen(ctx, ":0", "sisters.listen of config.json")
}

// InstallAdmin adds the commands of the running box.
func (s *Supply) InstallAdmin(handle func(pattern string, h httpkit.Handler)) {
	handle("POST /admin/revoked", s.takeRevoked)
	handle("GET /admin/supply", func(w http.ResponseWriter, _ *http.Request) error {
		return httpkit.WriteJSON(w, http.StatusOK, s.Status())
	})
	handle("POST /admin/refresh", s.fetchNow)
	s.installSticks(handle)
}

// fetchNow tries at once. With "now" the hours of the line do not matter
// until all is here.
func (s *Supply) fetchNow(w http.ResponseWriter, r *http.Request) error {
	var ask struct{ Now bool }
	if err := httpkit.ReadJSON(w, r, 1000, &ask); err != nil {
		return err
	}
	if ask.Now {
		s.budget.Now(r.Context())
	}
	s.refresher.Nudge()
	return httpkit.WriteJSON(w, http.StatusAccepted, s.Status())
}

// takeRevoked takes a list that a technician carried here.
func (s *Supply) takeRevoked(w http.ResponseWriter, r *http.Request) error {
	if s.revoked == nil {
		return preau.E(preau.Invalid, "this box has no identity, so it believes nobody yet", "Enrol it first: preau provision box apply.", nil)
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, revocation.MaxList))
	if err != nil {
		return preau.E(preau.TooLarge, "the file is too long for a list of revoked certificates", "Give the authority's revoked.crl.", err)
	}
	newer, err := s.revoked.Offer(raw)
	if err != nil {
		return err
	}
	l := s.revoked.List()
	return httpkit.WriteJSON(w, http.StatusOK, map[string]any{"newer": newer, "number": l.Number, "certificates": l.Len()})
}
