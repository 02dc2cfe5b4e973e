package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/cpu"

	"preau"
	"preau/internal/durable"
	"preau/internal/sqlite"
)

// Under these the box stops fetching, then needs somebody.
const (
	floorFail = 64 << 20
	floorWarn = 512 << 20
)

func (e *examination) folder(context.Context) Finding {
	f, err := os.CreateTemp(e.Data, ".doctor-*")
	if err != nil {
		return fail("folder", err, "Create "+e.Data+" and give it to the user that runs the box (chown preau).")
	}
	f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return fail("folder", err, "Check the permissions of "+e.Data+".")
	}
	return ok("folder", e.Data+" can be written")
}

func (e *examination) space(context.Context) Finding {
	free, total, err := durable.FreeSpace(e.Data)
	if err != nil {
		return fail("space", err, "Check that the disk is mounted.")
	}
	text := fmt.Sprintf("%d MiB free of %d MiB", free>>20, total>>20)
	switch {
	case free < floorFail:
		return Finding{"space", Fail, text, "Remove packs or other files: below 64 MiB even records are at risk."}
	case free < floorWarn:
		return warn("space", text, "Remove packs or fit a larger disk: no new content is fetched.")
	}
	return ok("space", text)
}

func (e *examination) holder(context.Context) Finding {
	lock, err := durable.LockDir(e.Data)
	switch {
	case err == nil:
		lock.Close()
		return warn("box", "the box is not running", "Start it: systemctl start preau, or preau serve --data "+e.Data+".")
	case preau.KindOf(err) == preau.Busy:
		e.running = true
		return ok("box", "the box is running")
	}
	return fail("box", err, "Check the permissions of "+e.Data+".")
}

func (e *examination) clock(context.Context) Finding {
	now := time.Now()
	if now.Before(e.Built.Add(-24 * time.Hour)) {
		return Finding{"clock", Fail, "the system's clock says " + now.Format(time.RFC3339) + ", before this release was made", "Set it (timedatectl set-time), or let it reach a time server."}
	}
	if b, err := os.ReadFile(filepath.Join(e.Data, "clock")); err == nil {
		if ms, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64); err == nil && now.Before(time.UnixMilli(ms).Add(-time.Minute)) {
			return Finding{"clock", Fail, "the system's clock is behind the time this box has seen", "Set it (timedatectl set-time), or let it reach a time server; records made meanwhile are marked unsure."}
		}
	}
	return ok("clock", now.Format(time.RFC3339))
}

func (e *examination) configuration(context.Context) Finding {
	path := filepath.Join(e.Data, "config.json")
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return warn("configuration", "the box is not provisioned: there is no "+path, "Run preau provision box apply.")
	}
	if err == nil {
		err = json.Unmarshal(b, &e.config)
	}
	if err == nil {
		_, err = preau.ParseUAI(string(e.config.UAI))
	}
	if err != nil {
		return fail("configuration", err, "Correct "+path+", or make it again with preau provision box apply.")
	}
	e.isConfig = true
	return ok("configuration", fmt.Sprintf("%s (%s)", e.config.School, e.config.UAI))
}

func (e *examination) identity(context.Context) Finding {
	dir := filepath.Join(e.Data, "identity")
	if _, err := os.Stat(filepath.Join(dir, "tls.crt")); os.IsNotExist(err) {
		return warn("identity", "the box has no identity: no HTTPS, nothing is delivered", "Run preau provision box apply.")
	}
	again := "Move " + dir + " aside and provision the box again."
	roots := x509.NewCertPool()
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil || !roots.AppendCertsFromPEM(ca) {
		return Finding{"identity", Fail, "the authority's certificate cannot be read", again}
	}
	soonest := time.Time{}
	for _, name := range []string{"tls", "sign"} {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key"))
		if err != nil {
			return fail("identity", err, again)
		}
		leaf, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			return fail("identity", err, again)
		}
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: leaf.NotBefore.Add(time.Minute), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
			return fail("identity", err, again)
		}
		if soonest.IsZero() || leaf.NotAfter.Before(soonest) {
			soonest = leaf.NotAfter
		}
	}
	text := "certified until " + soonest.Format(time.DateOnly)
	switch left := time.Until(soonest); {
	case left < 0:
		return Finding{"identity", Fail, "the certificates expired on " + soonest.Format(time.DateOnly), again}
	case left < 60*24*time.Hour:
		return warn("identity", text, "Provision the box again before that day.")
	}
	return ok("identity", text)
}

func (e *examination) ports(ctx context.Context) Finding {
	var taken []string
	for _, addr := range []string{e.HTTP, e.HTTPS} {
		if addr == "" || e.running {
			continue // the box itself holds them
		}
		ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
		if err != nil {
			taken = append(taken, addr)
			continue
		}
		ln.Close()
	}
	if len(taken) > 0 {
		return Finding{"ports", Fail, "the box cannot listen on " + strings.Join(taken, ", "), "Stop the program that does (ss -ltnp), run as a user who may, or choose others with --http and --https."}
	}
	return ok("ports", "free, or held by the box")
}

func (e *examination) database(ctx context.Context) Finding {
	path := filepath.Join(e.Data, "preau.db")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		return ok("database", "none yet: the box has not started")
	}
	db, err := sqlite.Open(ctx, path, preau.SystemClock())
	if err != nil {
		return fail("database", err, "Stop the box, keep a copy of "+e.Data+" and restore the last backup.")
	}
	defer db.Close()
	faults, err := db.QuickCheck(ctx)
	if err != nil {
		return fail("database", err, "Stop the box, keep a copy of "+e.Data+" and restore the last backup.")
	}
	if len(faults) > 0 {
		return Finding{"database", Fail, "the database is damaged: " + faults[0], "Stop the box, keep a copy of " + e.Data + " and restore the last backup; check the disk."}
	}
	return ok("database", "sound")
}

func (e *examination) processor(context.Context) Finding {
	if cpu.X86.HasAES || cpu.ARM64.HasAES || cpu.ARM.HasAES {
		return ok("processor", "has AES instructions")
	}
	return warn("processor", "has no AES instructions: HTTPS films cost several times more", "Serve large classes over plain HTTP.")
}
