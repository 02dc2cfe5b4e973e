package discovery_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"preau/edge/discovery"
)

// need skips when the machine lacks something, and fails instead where
// PREAU_MUST=1 says that nothing may be skipped.
func need(t *testing.T, ok bool, reason string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("PREAU_MUST") == "1":
		t.Fatalf("must not be skipped: %s", reason)
	default:
		t.Skip(reason)
	}
}

// TestMain lets this binary be the announcer in another network namespace.
func TestMain(m *testing.M) {
	if os.Getenv("PREAU_ANNOUNCE") == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	a := discovery.New(discovery.Options{UAI: "0750654D", Version: "test", Port: 8080, Poll: 200 * time.Millisecond,
		Log:     slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Changed: func(host string) { fmt.Println("host", host) }})
	err := a.Serve(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// spawn starts a program and ends it with the test.
func spawn(t *testing.T, env []string, name string, args ...string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		timer := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		_ = cmd.Wait() // ended by us
	})
	return cmd, bufio.NewScanner(out)
}

// town is two network namespaces on one cable: a box in one, avahi in the
// other. Both are made here and removed with the test.
type town struct {
	box, lan string
	bus      string
}

func newTown(t *testing.T) town {
	t.Helper()
	need(t, os.Geteuid() == 0, "making network namespaces needs root")
	for _, tool := range []string{"ip", "avahi-daemon", "avahi-browse", "avahi-resolve", "dbus-daemon"} {
		_, err := exec.LookPath(tool)
		need(t, err == nil, tool+" is missing: apt-get install iproute2 avahi-daemon avahi-utils dbus")
	}
	id := os.Getpid() % 100_000
	w := town{box: fmt.Sprintf("preau-box-%d", id), lan: fmt.Sprintf("preau-lan-%d", id)}
	for _, ns := range []string{w.box, w.lan} {
		if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", ns).CombinedOutput(); err != nil {
			need(t, false, "no network namespace can be made here: "+string(out))
		}
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", ns).Run() })
	}
	run(t, "ip", "link", "add", "pv0", "netns", w.box, "type", "veth", "peer", "name", "pv1", "netns", w.lan)
	for _, c := range []struct{ ns, dev, addr string }{{w.box, "pv0", "10.77.0.1/24"}, {w.lan, "pv1", "10.77.0.2/24"}} {
		run(t, "ip", "-n", c.ns, "addr", "add", c.addr, "dev", c.dev)
		run(t, "ip", "-n", c.ns, "link", "set", c.dev, "up")
		run(t, "ip", "-n", c.ns, "link", "set", "lo", "up")
	}
	w.avahi(t)
	return w
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/><allow send_type="signal"/>
<allow send_requested_reply="true" send_type="method_return"/><allow send_requested_reply="true" send_type="error"/>
<allow receive_type="method_call"/><allow receive_type="signal"/><allow receive_type="method_return"/><allow receive_type="error"/></policy></busconfig>`

// avahi starts a bus and a daemon of our own in the second namespace.
func (w *town) avahi(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	socket := filepath.Join(dir, "bus")
	w.bus = "DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + socket
	for file, text := range map[string]string{"bus.conf": fmt.Sprintf(busConfig, socket), "avahi.conf": "[server]\nhost-name=station\nuse-ipv6=yes\n[wide-area]\nenable-wide-area=no\n"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spawn(t, nil, "dbus-daemon", "--nofork", "--config-file="+filepath.Join(dir, "bus.conf"))
	until(t, "the bus", func() bool { _, err := os.Stat(socket); return err == nil })
	// ip netns exec has a mount namespace of its own: the pid file of the
	// machine's avahi, if any, is out of the way.
	spawn(t, []string{w.bus}, "ip", "netns", "exec", w.lan, "sh", "-c",
		"mkdir -p /run/avahi-daemon && mount -t tmpfs none /run/avahi-daemon && exec avahi-daemon --no-drop-root --no-chroot --no-rlimits --file "+filepath.Join(dir, "avahi.conf"))
	until(t, "avahi", func() bool { return strings.Contains(w.ask("avahi-resolve", "-4", "-n", "station.local"), "10.77.0.2") })
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited 20 s for %s", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// ask runs a client of avahi; what it finds is what it prints.
func (w *town) ask(name string, args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ip", append([]string{"netns", "exec", w.lan, name}, args...)...)
	cmd.Env = append(os.Environ(), w.bus)
	out, _ := cmd.Output() // "not found" is an answer too
	return string(out)
}

func (w *town) announce(t *testing.T, ns string) (*exec.Cmd, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd, out := spawn(t, []string{"PREAU_ANNOUNCE=1"}, "ip", "netns", "exec", ns, self)
	for out.Scan() {
		if host, ok := strings.CutPrefix(out.Text(), "host "); ok {
			go func() { // until it ends
				for out.Scan() {
				}
			}()
			return cmd, host
		}
	}
	t.Fatal("the announcer said nothing")
	return nil, ""
}

func TestAvahi_FindsTheBoxItsNameAndItsGoodbye(t *testing.T) {
	w := newTown(t)
	first, host := w.announce(t, w.box)
	if host != "preau.local" {
		t.Fatalf("the name is %s, want preau.local", host)
	}
	// =;pv1;IPv4;Préau 0750654D;_preau._tcp;local;preau.local;10.77.0.1;8080;"path=/" "v=test" "uai=0750654D"
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("avahi sees:\n%s", w.ask("avahi-browse", "-rtpa"))
		}
	})
	for _, service := range []string{discovery.ServicePreau, discovery.ServiceHTTP} {
		until(t, service, func() bool {
			for line := range strings.Lines(w.ask("avahi-browse", "-rtp", service)) {
				if f := strings.Split(line, ";"); f[0] == "=" && f[2] == "IPv4" && f[6] == "preau.local" && f[7] == "10.77.0.1" && f[8] == "8080" &&
					strings.Contains(line, `"uai=0750654D"`) && strings.Contains(line, `"path=/"`) && strings.Contains(line, `"v=test"`) {
					return true
				}
			}
			return false
		})
	}
	until(t, "the address of the name alone", func() bool {
		return strings.Contains(w.ask("avahi-resolve", "-4", "-n", "preau.local"), "10.77.0.1")
	})

	_, second := w.announce(t, w.lan)
	if second != "preau-2.local" {
		t.Errorf("a second box is called %s, want preau-2.local", second)
	}
	until(t, "the second box", func() bool {
		return strings.Contains(w.ask("avahi-browse", "-rtp", discovery.ServicePreau), "preau-2.local;10.77.0.2")
	})
	if out := w.ask("avahi-resolve", "-4", "-n", "preau.local"); !strings.Contains(out, "10.77.0.1") {
		t.Errorf("the first box lost its name: %s", out)
	}

	run(t, "ip", "-n", w.box, "addr", "add", "10.77.0.9/24", "dev", "pv0")
	run(t, "ip", "-n", w.box, "addr", "del", "10.77.0.1/24", "dev", "pv0")
	run(t, "ip", "-n", w.box, "addr", "replace", "10.77.0.9/24", "dev", "pv0") // deleting the primary one took it along
	until(t, "the new address", func() bool {
		out := w.ask("avahi-browse", "-rtp", discovery.ServicePreau)
		return strings.Contains(out, "preau.local;10.77.0.9") && !strings.Contains(out, "10.77.0.1;")
	})

	if err := first.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	gone := time.Now()
	until(t, "the goodbye", func() bool {
		return !strings.Contains(w.ask("avahi-browse", "-tp", discovery.ServicePreau), `0750654D;`)
	})
	// Without a goodbye the records would live for an hour.
	t.Logf("forgotten %v after SIGTERM", time.Since(gone).Round(time.Millisecond))
}
