package supply

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"preau"
)

func TestMounted_OnlyBelowTheRoots(t *testing.T) {
	table := `22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
31 22 8:17 / /media/CLE\040DE\040L\134EA rw,nosuid shared:2 - exfat /dev/sdb1 rw
32 22 8:33 / /run/media/system/PREAU rw - vfat /dev/sdc1 rw
33 22 0:40 / /mediatheque rw - tmpfs tmpfs rw
short line
`
	got := mounted([]byte(table), []string{"/media", "/run/media", "/mnt"})
	if want := []string{`/media/CLE DE L\EA`, "/run/media/system/PREAU"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWatch_AStickComesAndGoes plays the kernel's table with a file.
func TestWatch_AStickComesAndGoes(t *testing.T) {
	root := t.TempDir()
	stick := filepath.Join(root, "stick")
	if err := os.MkdirAll(filepath.Join(stick, "preau"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(stick, "preau", "stick.json"), []byte(`{"format":1}`), 0o644); err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(root, "mountinfo")
	mount := func(paths ...string) {
		var text []byte
		for _, p := range paths {
			text = append(text, "31 22 8:17 / "+p+" rw - exfat /dev/sdb1 rw\n"...)
		}
		if err := os.WriteFile(table, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mount()
	synctest.Test(t, func(t *testing.T) {
		s := &Supply{Deps: Deps{Log: slog.New(slog.DiscardHandler)}, sticks: newSticks()}
		s.sticks.mounts, s.sticks.roots = table, []string{root}
		ended := make(chan error)
		ctx, stop := context.WithCancel(t.Context())
		go func() { ended <- s.watch(ctx) }()
		seen := func() []string {
			time.Sleep(2 * look) // the bubble's time
			synctest.Wait()
			s.sticks.mu.Lock()
			defer s.sticks.mu.Unlock()
			return slices.Clone(s.sticks.seen)
		}
		if got := seen(); len(got) != 0 {
			t.Errorf("before it comes: %q", got)
		}
		mount(stick, filepath.Join(root, "holiday-photos"))
		if got := seen(); !slices.Equal(got, []string{stick}) {
			t.Errorf("plugged in: %q", got)
		}
		if err := s.StartImport(filepath.Join(root, "elsewhere")); preau.KindOf(err) != preau.NotFound {
			t.Errorf("a folder that is no stick: %v", err)
		}
		if err := s.StartImport(stick); err != nil {
			t.Error(err)
		}
		if err := s.StartImport(stick); preau.KindOf(err) != preau.Busy {
			t.Errorf("twice at once: %v", err)
		}
		mount()
		if got := seen(); len(got) != 0 {
			t.Errorf("pulled out: %q", got)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
