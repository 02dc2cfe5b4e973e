package keyring_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/media/catalogue/keyring"
)

var now = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// apart moves keys to a folder of their own: another person's disk.
func apart(t *testing.T, dir string, names ...string) string {
	t.Helper()
	to := t.TempDir()
	for _, name := range names {
		check(t, os.Rename(filepath.Join(dir, "keys", name), filepath.Join(to, name)))
	}
	return to
}

func made(t *testing.T, keys, threshold int) (string, *keyring.Ring) {
	t.Helper()
	dir := t.TempDir()
	check(t, os.Mkdir(filepath.Join(dir, "keys"), 0o700))
	r := keyring.At(dir)
	_, err := r.InitRoot(keys, threshold, now)
	check(t, err)
	return dir, r
}

func load(t *testing.T, dirs ...string) keyring.Keys {
	t.Helper()
	keys, err := keyring.Load(dirs...)
	check(t, err)
	return keys
}

// TestRotate_SignersWhoNeverMeet: two of three keys of the root must sign; each
// is on a disk of its own, and only a file travels.
func TestRotate_SignersWhoNeverMeet(t *testing.T) {
	dir, r := made(t, 3, 2)
	alice, bob := apart(t, dir, "root-1.pem"), apart(t, dir, "root-2.pem")
	apart(t, dir, "root-3.pem") // lost
	_, err := r.Rotate(keyring.Rotation{Role: "root", Now: now}, load(t, r.Keys()))
	if !keyring.IsWaiting(err) || preau.KindOf(err) != preau.Invalid || !strings.Contains(preau.RemedyOf(err), "2.root.json") {
		t.Fatalf("with none of the old keys: %v", err)
	}
	if root, err := r.Root(); err != nil || root.Signed.Version != 1 {
		t.Fatalf("the old root is not in force: %v", err)
	}
	if _, err := r.Rotate(keyring.Rotation{Role: "timestamp", Now: now}, load(t, r.Keys())); preau.KindOf(err) != preau.Conflict {
		t.Errorf("another change meanwhile: %v", err)
	}
	file := filepath.Join(t.TempDir(), "2.root.json")
	carried, err := os.ReadFile(filepath.Join(r.Pending(), "2.root.json"))
	check(t, err)
	check(t, os.WriteFile(file, carried, 0o600))
	before, err := keyring.Cosign(file, load(t, alice))
	if err != nil || before.Added != 1 || before.Role != "root" {
		t.Fatalf("%+v, %v", before, err)
	}
	if _, err := keyring.Cosign(file, load(t, alice)); preau.KindOf(err) != preau.Invalid {
		t.Errorf("the same again: %v", err)
	}
	back := func() {
		b, err := os.ReadFile(file)
		check(t, err)
		check(t, os.WriteFile(filepath.Join(r.Pending(), "2.root.json"), b, 0o600))
	}
	back()
	if root, err := r.RenewRoot(load(t, r.Keys()), now); err != nil || root.Signed.Version != 1 {
		t.Fatalf("one of two old keys is enough: %v", err)
	}
	_, err = keyring.Cosign(file, load(t, bob))
	check(t, err)
	back()
	root, err := r.RenewRoot(load(t, r.Keys()), now)
	if err != nil || root.Signed.Version != 2 {
		t.Fatalf("with both: %v", err)
	}
	if _, err := os.Stat(filepath.Join(r.Pending(), "2.root.json")); !os.IsNotExist(err) {
		t.Error("it still waits")
	}
	first, err := keyring.Read(filepath.Join(r.Metadata(), "1.root.json"), metadata.Root())
	check(t, err)
	second, err := keyring.Read(filepath.Join(r.Metadata(), "2.root.json"), metadata.Root())
	check(t, err)
	if first.VerifyDelegate("root", second) != nil || second.VerifyDelegate("root", second) != nil {
		t.Error("a box could not follow")
	}
	if len(second.UnrecognizedFields) != 0 {
		t.Errorf("published with notes of the desk: %v", second.UnrecognizedFields)
	}
}

// TestRotate_OneKeyOfARole: the stolen one goes, another comes.
func TestRotate_OneKeyOfARole(t *testing.T) {
	dir, r := made(t, 3, 2)
	root, err := r.Root()
	check(t, err)
	ids := root.Signed.Roles["targets"].KeyIDs
	for _, bad := range []keyring.Rotation{
		{Role: "targets", Revoke: []string{"zz"}, Now: now}, {Role: "targets", Revoke: []string{""}, Now: now},
		{Role: "targets", Threshold: 4, Now: now}, {Role: "cned", Now: now},
	} {
		if _, err := r.Rotate(bad, load(t, r.Keys())); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	retired, err := r.Rotate(keyring.Rotation{Role: "targets", Revoke: []string{ids[1][:12]}, New: 1, Now: now}, load(t, r.Keys()))
	if err != nil || len(retired) != 1 {
		t.Fatalf("%v, %v", retired, err)
	}
	next, err := r.Root()
	check(t, err)
	role := next.Signed.Roles["targets"]
	if len(role.KeyIDs) != 3 || role.Threshold != 2 || role.KeyIDs[0] != ids[0] || strings.Contains(strings.Join(role.KeyIDs, " "), ids[1]) {
		t.Errorf("%+v", role)
	}
	if _, err := os.Stat(filepath.Join(dir, "keys", "targets-4.pem")); err != nil {
		t.Error(err)
	}
}

// TestSeal_OldSignaturesDoNotPassToNewContent: what two signers saw is what
// comes into force.
func TestSeal_OldSignaturesDoNotPassToNewContent(t *testing.T) {
	dir, r := made(t, 2, 2)
	other := apart(t, dir, "targets-2.pem")
	root, err := r.Root()
	check(t, err)
	sign := func(path string, keys keyring.Keys) error {
		meta := metadata.Targets(now.AddDate(1, 0, 0))
		meta.Signed.Targets[path], err = metadata.TargetFile().FromBytes(path, []byte(path), "sha256")
		check(t, err)
		return keyring.Seal(r, keyring.Top(root, "targets"), 1, meta, keys)
	}
	if err := sign("good.json", load(t, r.Keys())); !keyring.IsWaiting(err) {
		t.Fatal(err)
	}
	if err := sign("evil.json", load(t, other)); !keyring.IsWaiting(err) {
		t.Fatalf("the first signer's signature passed to what it never saw: %v", err)
	}
	if err := sign("good.json", load(t, r.Keys())); !keyring.IsWaiting(err) {
		t.Fatal(err)
	}
	check(t, sign("good.json", load(t, other)))
}

func TestStatus_ListsRolesKeysAndDates(t *testing.T) {
	dir, r := made(t, 2, 2)
	apart(t, dir, "root-1.pem")
	list, err := r.Status(load(t, r.Keys()), now.AddDate(1, 1, 0))
	if err != nil || len(list) != 4 {
		t.Fatalf("%+v, %v", list, err)
	}
	root := list[0]
	if root.Role != "root" || root.Version != 1 || !root.Due || root.Expired || root.Threshold != 2 || len(root.Keys) != 2 || root.Keys[0].AtHand != "" || root.Keys[1].AtHand != "root-2.pem" {
		t.Errorf("%+v", root)
	}
	if list[1].Version != 0 || list[1].Due {
		t.Errorf("%+v", list[1])
	}
}

func grantFile(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	file, err := keyring.At(dir).InitPublisher("lune", 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseGrant_RefusesWhatCannotSign(t *testing.T) {
	good := string(grantFile(t))
	if g, err := keyring.ParseGrant([]byte(good)); err != nil || g.Publisher != "lune" {
		t.Fatal(err)
	}
	var g keyring.Grant
	check(t, json.Unmarshal([]byte(good), &g))
	for name, bad := range map[string]string{
		"a page":          "<html>",
		"a later format":  strings.Replace(good, `"format": 1`, `"format": 2`, 1),
		"a reserved name": strings.Replace(good, `"lune"`, `"targets"`, 1),
		"a path":          strings.Replace(good, `"lune"`, `"../lune"`, 1),
		"no threshold":    strings.Replace(good, `"threshold": 2`, `"threshold": 0`, 1),
		"too high":        strings.Replace(good, `"threshold": 2`, `"threshold": 3`, 1),
		"another's id":    strings.ReplaceAll(good, g.KeyIDs[0], strings.Repeat("0", 64)),
		"one key twice":   strings.Replace(good, g.KeyIDs[1], g.KeyIDs[0], 1),
	} {
		if _, err := keyring.ParseGrant([]byte(bad)); preau.KindOf(err) != preau.Invalid || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseGrant(f *testing.F) {
	f.Add(grantFile(f))
	f.Add([]byte(`{"format":1,"publisher":"lune","threshold":1,"keyids":["a"],"keys":{"a":null}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := keyring.ParseGrant(b)
		if err == nil && (keyring.Reserved(g.Publisher) || g.Threshold < 1 || len(g.KeyIDs) < g.Threshold || keyring.Delegations([]keyring.Grant{g}) == nil) {
			t.Fatalf("accepted %+v", g)
		}
	})
}
