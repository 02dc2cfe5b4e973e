package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/grandcat/zeroconf"

	"preau"
)

// Service types.
const (
	ServicePreau = "_preau._tcp"
	ServiceHTTP  = "_http._tcp"
	domain       = "local"
)

// Options are what a box says of itself.
type Options struct {
	UAI     preau.UAI
	Version string
	Label   string // shown in browsers of services; "Préau 0750654D" by default
	Host    string // without .local; "preau" by default
	Port    int    // of plain HTTP
	Sister  int    // port where sister boxes are served; 0: nowhere
	Log     *slog.Logger
	// Changed is called with the name that was obtained, now and after each
	// conflict; nil is fine.
	Changed func(host string)
	// Poll is how often the addresses are looked at; 5 s by default.
	Poll time.Duration
}

// Announcer announces one box.
type Announcer struct {
	o    Options
	name atomic.Value // string
}

// New makes an Announcer; Serve announces.
func New(o Options) *Announcer {
	if o.Host == "" {
		o.Host = "preau"
	}
	if o.Label == "" {
		o.Label = "Préau " + string(o.UAI)
	}
	if o.Poll == 0 {
		o.Poll = 5 * time.Second
	}
	return &Announcer{o: o}
}

// Host is the name in use, such as preau.local, or "" while there is none.
func (a *Announcer) Host() string {
	s, _ := a.name.Load().(string)
	return s
}

// Serve announces until ctx ends, then says goodbye. A network that cannot be
// used is tried again: a box without mDNS still teaches.
func (a *Announcer) Serve(ctx context.Context) error {
	said := ""
	for n := 1; ctx.Err() == nil; {
		err := a.life(ctx, &n)
		if err == nil {
			continue // another network or another name: announce anew
		}
		if text := err.Error(); text != said {
			a.o.Log.Warn("box is not announced on the network", "err", err)
			said = text
		}
		pause(ctx, a.o.Poll)
	}
	return nil
}

// life is one announcement: on one set of interfaces, under one name. It ends
// when either changes. n is the number in the name that is tried.
func (a *Announcer) life(ctx context.Context, n *int) error {
	links, err := usable()
	if err != nil {
		return err
	}
	host := a.o.Host
	if *n > 1 {
		host = fmt.Sprintf("%s-%d", host, *n)
	}
	name, err := listenName(host+"."+domain+".", links)
	if err != nil {
		return err
	}
	defer name.close()
	if taken, err := name.probe(ctx); err != nil || ctx.Err() != nil {
		return err
	} else if taken {
		a.o.Log.Info("name is taken on this network", "host", host+".local")
		*n = *n%99 + 1
		return nil
	}
	a.name.Store(host + ".local")
	defer a.name.Store("")
	text := []string{"uai=" + string(a.o.UAI), "v=" + a.o.Version, "path=/"}
	if a.o.Sister > 0 {
		text = append(text, "sister="+strconv.Itoa(a.o.Sister))
	}
	for _, service := range []string{ServicePreau, ServiceHTTP} {
		// Without addresses of its own, zeroconf announces on each interface
		// the addresses of that interface, whatever they have become.
		srv, err := zeroconf.RegisterProxy(a.label(*n), service, domain, a.o.Port, host+"."+domain+".", nil, text, interfaces(links))
		if err != nil {
			return fmt.Errorf("announce %s: %w", service, err)
		}
		defer srv.Shutdown() // says goodbye
	}
	a.o.Log.Info("announced on the network", "host", host+".local", "port", a.o.Port)
	if a.o.Changed != nil {
		a.o.Changed(host + ".local")
	}
	serving, stop := context.WithCancel(ctx)
	defer stop() // before name.close, which waits
	lost := name.serve(serving)
	tick := time.NewTicker(a.o.Poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			name.goodbye()
			return nil
		case <-lost:
			a.o.Log.Warn("another host claims the name", "host", host+".local")
			return nil // probing again decides who keeps it
		case <-tick.C:
			if now, err := usable(); err != nil || !same(now, links) {
				name.goodbye()
				*n = 1 // on another network the name may be free
				return err
			}
		}
	}
}

// label tells two boxes of one school apart.
func (a *Announcer) label(n int) string {
	if n > 1 {
		return fmt.Sprintf("%s (%d)", a.o.Label, n)
	}
	return a.o.Label
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
