package deb

import (
	"bufio"
	"context"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPackage installs the package in a Debian tree, runs the box there as its
// own user, removes it and purges it.
func TestPackage(t *testing.T) {
	if os.Getenv("PREAU_DEB_TEST") == "" {
		t.Skip("PREAU_DEB_TEST is not set: this test makes a Debian tree")
	}
	if os.Getuid() != 0 {
		if os.Getenv("PREAU_MUST") != "" {
			t.Fatal("a Debian tree is made as root")
		}
		t.Skip("a Debian tree is made as root")
	}
	tree := debian(t)
	deb := build(t, tree)
	before := files(t, tree)

	in(t, tree, "dpkg", "-i", deb)
	if _, err := os.Lstat(filepath.Join(tree, "etc/systemd/system/multi-user.target.wants/preau.service")); err != nil {
		t.Error("the service is not enabled: ", err)
	}
	t.Run("serves as its own user", func(t *testing.T) { serves(t, tree) })

	data := filepath.Join(tree, "var/lib/preau/preau.db")
	in(t, tree, "dpkg", "-r", "preau")
	if _, err := os.Stat(data); err != nil {
		t.Error("removing the package removed the records: ", err)
	}
	in(t, tree, "dpkg", "-i", deb)
	in(t, tree, "dpkg", "-P", "preau")
	for _, name := range files(t, tree) {
		if !slices.Contains(before, name) && !kept(name) {
			t.Error("left after the purge: ", name)
		}
	}
	passwd, err := os.ReadFile(filepath.Join(tree, "etc/passwd"))
	if err != nil || strings.Contains(string(passwd), "preau") {
		t.Errorf("the user is left after the purge (%v)", err)
	}
}

// kept tells what Debian itself keeps of any package or user.
func kept(name string) bool {
	return strings.HasPrefix(name, "var/lib/dpkg/") || strings.HasPrefix(name, "var/log/") || strings.HasPrefix(name, "etc/") && strings.HasSuffix(name, "-") ||
		name == "etc/.pwd.lock" || name == "var/lib/systemd" || strings.HasPrefix(name, "var/lib/systemd/deb-systemd-helper") || name == "etc/systemd/system/multi-user.target.wants"
}

// debian unpacks a minimal Debian, made once and kept in $PREAU_CACHE.
func debian(t *testing.T) string {
	t.Helper()
	cache := os.Getenv("PREAU_CACHE")
	if cache == "" {
		cache = filepath.Join("..", "..", ".cache")
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		t.Fatal(err)
	}
	tar := filepath.Join(cache, "debian-bookworm-minbase.tar")
	if _, err := os.Stat(tar); err != nil {
		part := tar + ".part.tar"
		run(t, exec.Command("mmdebstrap", "--variant=minbase", "--include=ca-certificates,systemd-standalone-sysusers", "bookworm", part))
		if err := os.Rename(part, tar); err != nil {
			t.Fatal(err)
		}
	}
	tree := t.TempDir()
	if err := os.Chmod(tree, 0o755); err != nil { // the box's user enters it
		t.Fatal(err)
	}
	run(t, exec.Command("tar", "-xpf", tar, "-C", tree, "--numeric-owner"))
	return tree
}

// build makes this machine's package and gives its path in the tree.
func build(t *testing.T, tree string) string {
	t.Helper()
	arch, err := exec.Command("dpkg", "--print-architecture").Output()
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	cmd := exec.Command("./build.sh")
	cmd.Env = append(os.Environ(), "ARCHES="+strings.TrimSpace(string(arch)), "OUT="+out)
	run(t, cmd)
	made, err := filepath.Glob(filepath.Join(out, "preau_*.deb"))
	if err != nil || len(made) != 1 {
		t.Fatalf("build.sh made %v (%v)", made, err)
	}
	b, err := os.ReadFile(made[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tree, "tmp", "preau.deb"), b, 0o644); err != nil {
		t.Fatal(err)
	}
	return "/tmp/preau.deb"
}

func serves(t *testing.T, tree string) {
	info, err := os.Stat(filepath.Join(tree, "var/lib/preau"))
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	if owner.Uid == 0 || info.Mode().Perm() != 0o700 {
		t.Fatalf("the data folder is of user %d, mode %v", owner.Uid, info.Mode())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/usr/bin/preau", "serve", "--data", "/var/lib/preau", "--http", "127.0.0.1:0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: tree, Credential: &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}}
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin:/bin"}
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	_, addr, ok := strings.Cut(line, "http=")
	if err != nil || !ok {
		cancel()
		_ = cmd.Wait() // the log says why
		t.Fatalf("the box did not become ready: %q %v\n%s", line, err, log.String())
	}
	addr, _, _ = strings.Cut(addr, " ")
	resp, err := http.Get(addr + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if b, err := io.ReadAll(resp.Body); err != nil || string(b) != "ok\n" {
		t.Errorf("healthz answers %q (%v)", b, err)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the box did not end well: %v\n%s", err, log.String())
	}
}

func files(t *testing.T, tree string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(tree), ".", func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func in(t *testing.T, tree string, args ...string) {
	t.Helper()
	cmd := exec.Command("chroot", append([]string{tree}, args...)...)
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"}
	run(t, cmd)
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(cmd.Args, " "), err, out)
	}
}
