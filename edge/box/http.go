package box

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"preau"
	"preau/edge/access"
	"preau/edge/api"
	"preau/edge/attendance/report"
	"preau/edge/cmi5/launch"
	"preau/edge/live"
	"preau/edge/live/protocol"
	"preau/edge/pages/compte"
	"preau/edge/pages/cours"
	"preau/edge/pages/direction"
	"preau/edge/pages/eleve"
	"preau/edge/pages/prof"
	"preau/edge/pages/public"
	"preau/edge/pages/questions"
	"preau/edge/pages/regie"
	"preau/edge/pages/tableau"
	"preau/edge/pages/tablet"
	"preau/edge/pages/technicien"
	"preau/edge/showing"
	"preau/edge/web"
	"preau/internal/httpkit"
	"preau/media/blob"
	"preau/media/stream"
)

// handler is the main origin: every page, the API, the blobs, the class.
// packPorts are those of the second origin, for the policy of pages; direct
// learns what is said of blobs.
func (b *Box) handler(packPorts map[bool]string, direct *stream.Direct) (http.Handler, error) {
	site, err := web.New(web.Options{School: b.config.School, Accent: web.Accent(b.config.Accent), Log: b.opts.Log})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	site.Install(mux)
	kit := &httpkit.Kit{Log: b.opts.Log}
	if err := b.installPages(mux, site, packPorts); err != nil {
		return nil, err
	}
	err = api.Install(mux, api.Deps{
		Kit: kit, Clock: b.clock, Access: b.access, Directory: b.directory, Timetable: b.timetable, Attendance: b.attendance,
		Progress: b.progress, Catalogue: b.items, Status: b.apiStatus,
	})
	if err != nil {
		return nil, err
	}
	b.classroom.Pairing.Install(func(pattern string, h httpkit.Handler) { kit.HandleFunc(mux, pattern, h) })
	kit.HandleFunc(mux, "GET /live", b.hub.Handle)
	kit.HandleFunc(mux, "/blobs/{sha256}", b.supply.Films(stream.Handler(stream.Deps{Blobs: b.blobs, Meta: b.sight.Meta, Allow: b.sight.Allow, Fill: b.supply.Fill, Direct: direct}), b.sight.IsFilm))
	kit.HandleFunc(mux, "GET /healthz", func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte("ok\n"))
		return err
	})
	kit.HandleFunc(mux, "GET /readyz", b.readyz)
	kit.HandleFunc(mux, "GET /metrics", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		return b.metrics.WriteText(w)
	})

	var ports []string
	for _, p := range packPorts {
		ports = append(ports, p)
	}
	guard := &httpkit.Kit{Log: b.opts.Log, Page: signInFirst(site.Problem)}
	guarded := b.access.Guard(guard, access.Rules(), mux)
	pages := crossOrigin(loopbackMetrics(mux, b.leaveClass(guarded)))
	return httpkit.Count(&b.metrics, httpkit.Secure(web.CSP(ports...), b.xapiFirst(pages))), nil
}

// leaveClass closes the live line of whoever signs out: the next pupil of a
// shared tablet is not the last one.
func (b *Box) leaveClass(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/deconnexion" {
			next.ServeHTTP(w, r)
			return
		}
		s, ok := b.access.Session(r)
		next.ServeHTTP(w, r)
		if ok {
			b.hub.Disconnect(protocol.CloseSignedOut, func(id live.Identity) bool { return id.Session == s.ID })
		}
	})
}

func (b *Box) installPages(mux *http.ServeMux, site *web.Site, packPorts map[bool]string) error {
	second := func(r *http.Request, path string) string {
		port := packPorts[r.TLS != nil]
		if port == "" {
			return ""
		}
		return scheme(r) + "://" + withPort(r, port) + path
	}
	packs := func(r *http.Request, item string) string { return second(r, "/p/"+item+"/-/") }
	err := eleve.Install(mux, eleve.Deps{
		Site: site, Catalogue: b.items, Progress: b.progress, Access: b.access, Directory: b.directory, Plans: b.plans, Cahier: b.timetable, Clock: b.clock, Zone: b.zone,
		Packs: packs, Text: b.supply.Text, Courses: b.launches.Given, Log: b.opts.Log,
	})
	if err != nil {
		return err
	}
	err = cours.Install(mux, cours.Deps{
		Site: site, Access: b.access, Directory: b.directory, Courses: b.courses, Launches: b.launches,
		Second: second,
		Log:    b.opts.Log,
	})
	if err != nil {
		return err
	}
	shown := &showing.Finder{Catalogue: b.items, Title: b.launches.Title, Blobs: b.blobs}
	err = prof.Install(mux, prof.Deps{
		Site: site, Access: b.access, Directory: b.directory, Timetable: b.timetable, Attendance: b.attendance,
		Rooms: b.hub, Plans: b.plans, Progress: b.progress, Showing: shown, Clock: b.clock, Zone: b.zone, Log: b.opts.Log,
	})
	if err != nil {
		return err
	}
	err = regie.Install(mux, regie.Deps{
		Site: site, Access: b.access, Directory: b.directory, Timetable: b.timetable, Attendance: b.attendance, Hub: b.hub,
		Plans: b.plans, Showing: shown, Zone: b.zone, Log: b.opts.Log,
	})
	if err != nil {
		return err
	}
	if err := questions.Install(mux, questions.Deps{Site: site, Access: b.access, Directory: b.directory, Timetable: b.timetable, Hub: b.hub, Results: b.results, Zone: b.zone, Log: b.opts.Log}); err != nil {
		return err
	}
	err = direction.Install(mux, direction.Deps{
		Site: site, Access: b.access, Directory: b.directory, Timetable: b.timetable, Attendance: b.attendance,
		Clock: b.clock, Zone: b.zone, Signer: report.Signer{Key: b.identity.Key, Chain: b.identity.Chain}, Log: b.opts.Log,
	})
	if err != nil {
		return err
	}
	return errors.Join(
		compte.Install(mux, compte.Deps{Site: site, Access: b.access, Passkeys: b.passkeys, Directory: b.directory, Boards: b.classroom.Pairing, Zone: b.zone, Log: b.opts.Log}),
		public.Install(mux, public.Deps{Site: site, School: b.config.School, Log: b.opts.Log}),
		technicien.Install(mux, technicien.Deps{Site: site, Access: b.access, Facts: b.technicianFacts, Content: b.content, Lines: b.logLines, Sticks: boxSticks{b}, Zone: b.zone, Log: b.opts.Log}),
		tablet.Install(mux, tablet.Deps{Site: site, Access: b.access, Directory: b.directory, Plans: b.plans, Progress: b.progress, Catalogue: b.items, Clock: b.clock, Log: b.opts.Log}),
		tableau.Install(mux, tableau.Deps{Site: site, Items: b.items, Packs: packs, Boards: b.classroom.Pairing, Rooms: b.hub, Timetable: b.timetable, Directory: b.directory, Clock: b.clock, Zone: b.zone, Log: b.opts.Log}),
	)
}

// signInFirst leads a visitor to the right door instead of an error.
func signInFirst(page func(http.ResponseWriter, *http.Request, httpkit.Problem)) func(http.ResponseWriter, *http.Request, httpkit.Problem) {
	return func(w http.ResponseWriter, r *http.Request, p httpkit.Problem) {
		if p.Status != http.StatusUnauthorized || r.Method != http.MethodGet {
			page(w, r, p)
			return
		}
		door := "/connexion"
		switch {
		case strings.HasPrefix(r.URL.Path, "/prof"), strings.HasPrefix(r.URL.Path, "/direction"), strings.HasPrefix(r.URL.Path, "/compte"):
			door = "/connexion/adulte?next=" + url.QueryEscape(r.URL.RequestURI())
		case strings.HasPrefix(r.URL.Path, "/technicien"):
			door = "/connexion/technicien"
		}
		http.Redirect(w, r, door, http.StatusSeeOther)
	}
}

// crossOrigin refuses requests that another site's page makes a browser send.
func crossOrigin(next http.Handler) http.Handler {
	return http.NewCrossOriginProtection().Handler(next)
}

// loopbackMetrics lets a scraper on the box itself read the metrics; from the
// network they are the technician's.
func loopbackMetrics(open, guarded http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil && net.ParseIP(host).IsLoopback() {
				open.ServeHTTP(w, r)
				return
			}
		}
		guarded.ServeHTTP(w, r)
	})
}

// withPort is the host of a request with another port.
func withPort(r *http.Request, port string) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return net.JoinHostPort(host, port)
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// packHandler is the second origin: packs' HTML and nothing else.
func (b *Box) packHandler(mainPort func() string) http.Handler {
	kit := &httpkit.Kit{Log: b.opts.Log}
	mux := http.NewServeMux()
	host := func(r *http.Request) string { return scheme(r) + "://" + withPort(r, mainPort()) }
	launch.InstallReturn(kit, mux, host)
	kit.HandleFunc(mux, "/p/", stream.PackHandler(stream.PackDeps{
		Blobs: b.blobs,
		Host:  host,
		Reach: launch.Reach(host),
		File: func(r *http.Request, item, path string) (blob.Digest, string, error) {
			if d, kind, ok, err := b.launches.File(r, item, path); ok {
				return d, kind, err
			}
			asset, err := b.items.AssetByPath(r.Context(), item, path)
			if err != nil {
				return blob.Digest{}, "", err
			}
			d, err := blob.ParseDigest(asset.SHA256)
			if err != nil {
				return d, "", err
			}
			// This origin knows nobody: what is for staff is not on it.
			meta, err := b.sight.Meta(r, d)
			if err == nil && meta.Restricted {
				err = preau.E(preau.NotFound, "no such file in a pack", "", nil)
			}
			return d, asset.Mime, err
		},
	}))
	return httpkit.Count(&b.metrics, mux)
}
