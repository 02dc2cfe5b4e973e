package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/internal/sqlite"
)

// Space under which a box is in trouble. Content stops at 256 MiB, so that
// records always have room; a gigabyte is a day's warning.
const (
	spaceFail = 256 << 20
	spaceWarn = 1 << 30
)

// folder reports whether there is anything further to look at.
func (v *visit) folder() bool {
	const check = "folder"
	info, err := os.Stat(v.Data)
	if err != nil || !info.IsDir() {
		v.fail(check, v.Data+" is not a folder", "Give the box's folder with --data; a first start of the box makes it.")
		return false
	}
	f, err := os.CreateTemp(v.Data, ".doctor-*")
	if err == nil {
		name := f.Name()
		_, err = f.WriteString("may the box write here?")
		err = errors.Join(err, f.Close(), os.Remove(name))
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		v.fail(check, "this user may not write in "+v.Data, "Run the doctor as root or as the box's user (sudo -u preau preau doctor); if it is that user: chown -R preau: "+v.Data)
	case err != nil:
		v.fail(check, fmt.Sprintf("%s cannot be written: %v", v.Data, err), "Check the disk: dmesg | tail; a file system gone read-only wants fsck.")
	default:
		v.ok(check, v.Data+" can be written")
	}
	return true
}

func (v *visit) space() {
	const check = "space"
	free, total, err := v.Free(v.Data)
	text := fmt.Sprintf("%d MiB free of %d", free>>20, total>>20)
	switch {
	case err != nil:
		v.fail(check, err.Error(), "Check the disk.")
	case free < spaceFail:
		v.fail(check, text, "Make room: the box brings no new content and may soon record nothing.")
	case free < spaceWarn:
		v.warn(check, text, "Make room, or give the box a larger disk: at 256 MiB it stops bringing content.")
	default:
		v.ok(check, text)
	}
}

// lock says whether a box runs, without making the lock's file: as root that
// would take it from the box's user.
func (v *visit) lock() {
	const check = "running"
	if _, err := os.Stat(filepath.Join(v.Data, "lock")); errors.Is(err, fs.ErrNotExist) {
		v.warn(check, "no box ever ran here", "Start it: systemctl start preau.")
		return
	}
	lock, err := durable.LockDir(v.Data)
	switch {
	case err == nil:
		lock.Close()
		v.warn(check, "no box is running", "Start it: systemctl start preau; why it stopped: journalctl -u preau -n 50.")
	case preau.KindOf(err) == preau.Busy:
		v.running = true
		v.ok(check, "a box is running")
	default:
		v.failErr(check, err, "Check the folder's owner.")
	}
}

// owner finds files that were made as another user: a box provisioned as root
// and run as preau cannot read its own keys.
func (v *visit) owner() {
	const check = "owner"
	uid, ok := ownerOf(v.Data)
	if !ok {
		return
	}
	var foreign []string
	for _, pattern := range []string{"*", "identity/*", "identity.new/*"} {
		names, err := filepath.Glob(filepath.Join(v.Data, pattern))
		if err != nil {
			continue // only a bad pattern
		}
		for _, name := range names {
			if other, ok := ownerOf(name); ok && other != uid {
				foreign = append(foreign, strings.TrimPrefix(name, v.Data+"/"))
			}
		}
	}
	if len(foreign) > 0 {
		v.fail(check, fmt.Sprintf("%s: not of the folder's owner", strings.Join(foreign, ", ")),
			fmt.Sprintf("Give them back: chown -R --reference=%s %s; and run preau provision as that user.", v.Data, v.Data))
		return
	}
	v.ok(check, "one user owns everything")
}

func ownerOf(path string) (uint32, bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return st.Uid, true
}

func (v *visit) database(ctx context.Context) {
	const check = "database"
	path := filepath.Join(v.Data, "preau.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		v.ok(check, "none yet: the first start makes it")
		return
	}
	const remedy = "Stop the box, keep a copy of the folder, restore its backup; what was delivered is safe in the store."
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	db, err := sqlite.Open(ctx, path, preau.SystemClock())
	if err != nil {
		v.failErr(check, err, remedy)
		return
	}
	defer db.Close()
	found, err := db.QuickCheck(ctx)
	switch {
	case err != nil:
		v.failErr(check, err, remedy)
	case len(found) > 0:
		v.fail(check, fmt.Sprintf("damaged in %d places: %s", len(found), found[0]), remedy)
	default:
		v.ok(check, "sound")
	}
}
