package box

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"preau"
	"preau/edge/box/admin"
	"preau/edge/box/sight"
	"preau/edge/discovery"
	"preau/internal/express"
	"preau/internal/httpkit"
	"preau/internal/supervise"
	"preau/media/stream"
)

// drain is how long requests under way may go on once the box stops; grace
// how long everything may take, under the ten seconds that are promised.
const (
	drain = 6 * time.Second
	grace = 9 * time.Second
)

// listeners are the box's sockets: pages, and packs on a second origin, each
// plain and with TLS.
type listeners struct{ http, packs, https, packsTLS net.Listener }

func (l listeners) all() []net.Listener { return []net.Listener{l.http, l.packs, l.https, l.packsTLS} }

// Run serves until ctx ends or a part of the box fails.
func (b *Box) Run(ctx context.Context) error {
	ls, err := b.listen(ctx)
	if err != nil {
		return err
	}
	b.gauges()
	packPorts := map[bool]string{false: portOf(ls.packs)}
	if ls.https != nil {
		packPorts[true] = portOf(ls.packsTLS)
	}
	b.sight = sight.New(b.db, b.items, b.access, b.content.Used)
	gate := stream.NewGate(b.config.Link * 125_000)
	b.metrics.Gauge("preau_films_playing", "Films under way, by tablet.", func() float64 { return float64(gate.Playing()) })
	b.metrics.Gauge("preau_films_refused", "Requests for films that were told to wait.", func() float64 { return float64(gate.Refused()) })
	direct := stream.NewDirect(stream.DirectDeps{Blobs: b.blobs, Gate: gate, Era: b.items.Era, Counted: b.supply.Pieces(httpkit.Answers(&b.metrics))})
	pages, err := b.handler(packPorts, direct)
	if err != nil {
		for _, ln := range ls.all() {
			if ln != nil {
				ln.Close()
			}
		}
		return err
	}
	var g supervise.Group
	serve := func(name string, ln net.Listener, h http.Handler, secure bool, take express.Taker) {
		if ln == nil {
			return
		}
		srv := httpkit.NewServer(h, b.opts.Log)
		if secure {
			// Whole records from the first byte: on a school's own network nobody
			// waits for the rest of one.
			srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{b.identity.TLS}, MinVersion: tls.VersionTLS12,
				NextProtos: []string{"http/1.1"}, DynamicRecordSizingDisabled: true}
		}
		g.Add(name, func(ctx context.Context) error {
			if take == nil {
				return httpkit.Serve(ctx, srv, ln, drain)
			}
			return express.Serve(ctx, srv, ln, drain, take)
		})
	}
	serve("http", ls.http, pages, false, direct.Take)
	serve("packs", ls.packs, b.packHandler(func() string { return portOf(ls.http) }), false, nil)
	serve("https", ls.https, pages, true, direct.Take)
	serve("packs over tls", ls.packsTLS, b.packHandler(func() string { return portOf(ls.https) }), true, nil)
	if door, err := admin.Listen(b.opts.Data); err != nil {
		b.opts.Log.Error("commands cannot reach the running box", "err", err, "remedy", "check the data folder's rights")
	} else {
		g.Add("commands", b.serveAdmin(door))
	}
	g.Add("clock", func(ctx context.Context) error { return b.clock.Serve(ctx, b.opts.Log) })
	g.Add("live", b.hub.Serve)
	g.Add("content", b.content.Serve)
	g.Add("heartbeat", b.beat)
	g.Add("rest", supervise.Rest(b.db.Rest))
	g.Add("packing", func(ctx context.Context) error { return b.journal.Serve(ctx, b.opts.Log) })
	g.Add("housekeeping", b.housekeeping)
	g.Add("courses left open", b.launches.Serve)
	if b.uplink != nil {
		g.Add("uplink", b.uplink.Serve)
		g.Add("delivery after lessons", b.flushAfterLessons)
	}
	b.addDiscovery(ctx, &g, ls.http)
	if usec, err := strconv.Atoi(os.Getenv("WATCHDOG_USEC")); err == nil {
		g.Add("watchdog", supervise.Watchdog(time.Duration(usec)*time.Microsecond, b.healthy))
	}
	if err := supervise.Notify("READY=1"); err != nil {
		b.opts.Log.Warn("systemd not notified", "err", err)
	}
	if b.opts.Ready != nil {
		b.opts.Ready(addresses(ls))
	}
	return g.Run(ctx, grace)
}

// listen opens every socket or none. The second origin takes the next port.
func (b *Box) listen(ctx context.Context) (ls listeners, err error) {
	defer func() {
		if err == nil {
			return
		}
		for _, ln := range ls.all() {
			if ln != nil {
				ln.Close()
			}
		}
	}()
	if ls.http, err = httpkit.Listen(ctx, b.opts.HTTP, "--http"); err != nil {
		return ls, err
	}
	if ls.packs, err = nextPort(ctx, ls.http, b.opts.HTTP); err != nil {
		return ls, err
	}
	if b.opts.HTTPS == "" {
		return ls, nil
	}
	if !b.isKnown {
		b.opts.Log.Warn("no HTTPS: the box has no certificate yet", "remedy", "preau provision box apply")
		return ls, nil
	}
	if ls.https, err = httpkit.Listen(ctx, b.opts.HTTPS, "--https"); err != nil {
		return ls, err
	}
	ls.packsTLS, err = nextPort(ctx, ls.https, b.opts.HTTPS)
	return ls, err
}

// nextPort listens beside ln: on the following port when ln's was chosen, on
// any when the system chose it or the following one is taken by chance.
func nextPort(ctx context.Context, ln net.Listener, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, preau.E(preau.Invalid, "the address "+addr+" has no port", "Give host:port.", err)
	}
	if port != "0" {
		n := ln.Addr().(*net.TCPAddr).Port + 1
		return httpkit.Listen(ctx, net.JoinHostPort(host, strconv.Itoa(n)), "--http and --https (packs take the port after)")
	}
	return httpkit.Listen(ctx, net.JoinHostPort(host, "0"), "--http")
}

func portOf(ln net.Listener) string { return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port) }

func addresses(ls listeners) Addresses {
	url := func(scheme string, ln net.Listener) string {
		if ln == nil {
			return ""
		}
		addr := ln.Addr().(*net.TCPAddr)
		host := addr.IP.String()
		if addr.IP.IsUnspecified() {
			host = "127.0.0.1"
		}
		return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(addr.Port))
	}
	return Addresses{HTTP: url("http", ls.http), HTTPS: url("https", ls.https)}
}

// addDiscovery announces the box, unless it listens on loopback only, and
// brings content in.
func (b *Box) addDiscovery(ctx context.Context, g *supervise.Group, ln net.Listener) {
	alone := ln.Addr().(*net.TCPAddr).IP.IsLoopback()
	port := b.supply.Add(ctx, g, alone)
	if alone {
		return
	}
	label := "Préau"
	if b.config.School != "" {
		label += " " + b.config.School
	}
	b.announcer = discovery.New(discovery.Options{
		UAI: b.config.UAI, Version: b.opts.Version, Label: label, Port: ln.Addr().(*net.TCPAddr).Port, Sister: port, Log: b.opts.Log,
	})
	g.Add("discovery", b.announcer.Serve)
}

// healthy is what feeds the watchdog: the database answers.
func (b *Box) healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	_, err := b.items.Current(ctx)
	return err
}

func (b *Box) readyz(w http.ResponseWriter, r *http.Request) error {
	if err := b.healthy(r.Context()); err != nil {
		return preau.E(preau.Unavailable, "the database does not answer", "See the box's log.", err)
	}
	_, err := fmt.Fprintln(w, "ready")
	return err
}
