package supervise_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"preau/internal/supervise"
)

func waits(ctx context.Context) error { <-ctx.Done(); return nil }

func TestRun_FirstFailureStopsAll(t *testing.T) {
	var g supervise.Group
	boom := errors.New("boom")
	g.Add("waits", waits)
	g.Add("fails", func(context.Context) error { return boom })
	if err := g.Run(t.Context(), time.Second); !errors.Is(err, boom) || !strings.Contains(err.Error(), "fails") {
		t.Fatalf("got %v, want boom, named", err)
	}
}

func TestRun_StopAskedForIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var g supervise.Group
	g.Add("waits", waits)
	cancel()
	if err := g.Run(ctx, time.Second); err != nil {
		t.Fatalf("got %v, want nil", err)
	}
}

func TestRun_NamesWhoOverstays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var g supervise.Group
		g.Add("ends", func(context.Context) error { return nil })
		g.Add("stubborn", func(context.Context) error { <-release; return nil })
		err := g.Run(t.Context(), 10*time.Second)
		if err == nil || !strings.Contains(err.Error(), "stubborn") {
			t.Fatalf("got %v, want the stubborn service named", err)
		}
		close(release)
		synctest.Wait()
	})
}

func TestWatchdog_IsFedOnlyWhenHealthy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	sock, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer sock.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	ctx, cancel := context.WithCancel(t.Context())
	checks := make(chan error)
	done := make(chan error, 1)
	go func() {
		done <- supervise.Watchdog(2*time.Millisecond, func(context.Context) error { return <-checks })(ctx)
	}()
	checks <- errors.New("the database does not answer")
	checks <- nil
	buf := make([]byte, 32)
	n, err := sock.Read(buf)
	if err != nil || string(buf[:n]) != "WATCHDOG=1" {
		t.Fatalf("read %q, %v", buf[:n], err)
	}
	cancel()
	close(checks) // a check under way answers healthy
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
