package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/centrifugal/centrifuge"

	"preau"
	"preau/edge/live"
	"preau/edge/live/protocol"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
)

// payload is 200 bytes that say when they were published.
func payload() string {
	s := "ts=" + strconv.FormatInt(time.Now().UnixNano(), 10) + ";"
	return s + strings.Repeat("x", 200-len(s))
}

func centrifugeVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "github.com/centrifugal/centrifuge" {
				return d.Version
			}
		}
	}
	return "unknown"
}

// server is one of the two, and obeys its standard input: "steady MS",
// "burst N", "memory" (KiB), "cpu" (us), "conns". It answers each with one
// line. PREAU_BENCH_PROFILE names a file for a profile of its processor time.
func server(which string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var h http.Handler
	var publish func() error
	var conns func() int
	var err error
	if path := os.Getenv("PREAU_BENCH_PROFILE"); path != "" {
		end, err := profile(path + "." + which)
		if err != nil {
			return err
		}
		defer end()
	}
	switch which {
	case "ours":
		h, publish, conns, err = ours(ctx)
	case "centrifuge":
		h, publish, conns, err = theirs()
	default:
		err = errors.New("no server is called " + which)
	}
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	if os.Getenv(smallLines) != "" {
		lc.Control = func(_, _ string, raw syscall.RawConn) (err error) {
			return errors.Join(raw.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 32<<10) }), err)
		}
	}
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }() // ends with the process
	fmt.Println("http://" + ln.Addr().String())
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		word, arg, _ := strings.Cut(in.Text(), " ")
		n, _ := strconv.Atoi(arg)
		sent := 0
		switch word {
		case "steady":
			tick := time.NewTicker(time.Second / perSecond)
			for end := time.Now().Add(time.Duration(n) * time.Millisecond); time.Now().Before(end); sent++ {
				<-tick.C
				if err := publish(); err != nil {
					return err
				}
			}
			tick.Stop()
		case "burst":
			// All at once: ours then waits for few saves, not for one each.
			var wg sync.WaitGroup
			failed := make(chan error, n)
			for range n {
				wg.Go(func() {
					if err := publish(); err != nil {
						failed <- err
					}
				})
			}
			wg.Wait()
			if sent = n; len(failed) > 0 {
				return <-failed
			}
		case "memory":
			if sent, err = resident(); err != nil {
				return err
			}
		case "cpu":
			var use syscall.Rusage
			if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
				return fmt.Errorf("read processor time: %w", err)
			}
			sent = int((use.Utime.Nano() + use.Stime.Nano()) / 1000)
		case "conns":
			sent = conns()
		}
		fmt.Println(sent)
	}
	return in.Err()
}

func profile(path string) (end func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("make profile: %w", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, fmt.Errorf("start profile: %w", err)
	}
	return func() { pprof.StopCPUProfile(); _ = f.Close() }, nil
}

// resident is the process's memory in KiB, once it gave back what it can.
func resident() (int, error) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	return strconv.Atoi(strings.Fields(rest)[0])
}

func ours(ctx context.Context) (h http.Handler, publish func() error, conns func() int, err error) {
	dir, err := os.MkdirTemp(".", ".bench-")
	if err != nil {
		return nil, nil, nil, fmt.Errorf("make folder: %w", err)
	}
	db, err := sqlite.Open(ctx, filepath.Join(dir, "preau.db"), preau.SystemClock())
	if err != nil {
		return nil, nil, nil, err
	}
	log := slog.New(slog.DiscardHandler)
	limits := live.Limits{PerAddr: 5000, Conns: 5000, Silence: time.Hour}
	if os.Getenv(smallLines) == "" {
		limits.Stall = time.Hour // between its turns this process is stopped, maybe in the midst of a write
	}
	hub, err := live.Open(ctx, live.Options{DB: db, Clock: preau.SystemClock(), Log: log,
		Authorise: func(r *http.Request) (live.Identity, error) {
			return live.Identity{Role: protocol.RolePupil, Person: r.URL.Query().Get("p"), Group: "6B"}, nil
		},
		Limits: limits})
	if err != nil {
		return nil, nil, nil, err
	}
	if err := hub.Start(ctx, live.Room{ID: "r", Group: "6B", Teachers: []string{"t"}}); err != nil {
		return nil, nil, nil, err
	}
	// The files stay open; their names are gone before anything can go wrong.
	if err := os.RemoveAll(dir); err != nil {
		return nil, nil, nil, fmt.Errorf("unlink database: %w", err)
	}
	go func() { _ = hub.Serve(ctx) }() // ends with the process
	publish = func() error {
		by := live.Identity{Role: protocol.RoleTeacher, Person: "t", Name: payload()}
		_, err := hub.Command(ctx, "r", by, &protocol.Attention{On: true})
		return err
	}
	return (&httpkit.Kit{Log: log}).Handle(hub.Handle), publish, func() int { return hub.Stats().Conns }, nil
}

func theirs() (h http.Handler, publish func() error, conns func() int, err error) {
	node, err := centrifuge.New(centrifuge.Config{LogLevel: centrifuge.LogLevelNone})
	if err != nil {
		return nil, nil, nil, fmt.Errorf("make centrifuge: %w", err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "p"},
			Subscriptions: map[string]centrifuge.SubscribeOptions{"r": {}}}, nil
	})
	if err := node.Run(); err != nil {
		return nil, nil, nil, fmt.Errorf("run centrifuge: %w", err)
	}
	publish = func() error {
		_, err := node.Publish("r", []byte(`"`+payload()+`"`))
		return err
	}
	// As ours: between its turns this process is stopped, and a write may take 5 s.
	cfg := centrifuge.WebsocketConfig{WriteTimeout: 5 * time.Second, PingPongConfig: centrifuge.PingPongConfig{PongTimeout: -1}}
	return centrifuge.NewWebsocketHandler(node, cfg), publish, node.Hub().NumClients, nil
}
