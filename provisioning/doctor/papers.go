package doctor

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"preau"
)

// renewWithin is when a certificate's end is worth a warning: the length of a
// summer, when nobody is there to renew it.
const renewWithin = 60 * 24 * time.Hour

func (v *visit) readConfig() {
	const check = "config"
	path := filepath.Join(v.Data, "config.json")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		v.warn(check, "no configuration: the box serves what it holds, brings nothing and delivers nothing", "Enrol it: preau provision box apply bundle.json --data "+v.Data)
		return
	}
	if err != nil {
		v.fail(check, err.Error(), "Check the file's owner and mode.")
		return
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v.config); err != nil {
		v.fail(check, fmt.Sprintf("%s is not valid: %v", path, err), "Correct the file, or make it again with preau provision box apply.")
		return
	}
	if _, err := preau.ParseUAI(string(v.config.UAI)); err != nil {
		v.failErr(check, err, "Correct uai in "+path)
		return
	}
	v.isConfig = true
	v.ok(check, fmt.Sprintf("%s (%s), %s", v.config.School, v.config.UAI, v.config.Box))
}

// identity checks each certificate against its key, its authority and today.
func (v *visit) identity() {
	const check = "identity"
	dir := filepath.Join(v.Data, "identity")
	if _, err := os.Stat(filepath.Join(dir, "tls.crt")); errors.Is(err, fs.ErrNotExist) {
		v.warn(check, "none: no HTTPS, nothing is delivered", "Enrol the box: preau provision box apply bundle.json --data "+v.Data)
		return
	}
	const anew = "Enrol the box anew: move its identity folder aside, then preau provision box apply with a new bundle."
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	roots := x509.NewCertPool()
	if err != nil || !roots.AppendCertsFromPEM(ca) {
		v.fail(check, "the authority's certificate (identity/ca.crt) cannot be read", anew)
		return
	}
	first := time.Time{}
	for _, name := range []string{"tls", "sign"} {
		pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key"))
		if err != nil {
			v.fail(check, fmt.Sprintf("identity/%s.crt and its key do not work together: %v", name, err), anew)
			return
		}
		leaf := pair.Leaf
		// Its dates have words of their own below.
		_, err = leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: leaf.NotBefore.Add(time.Minute), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		switch now := v.Now(); {
		case err != nil:
			v.fail(check, fmt.Sprintf("identity/%s.crt is not of the authority in identity/ca.crt: %v", name, err), anew)
			return
		case now.Before(leaf.NotBefore):
			v.fail(check, fmt.Sprintf("identity/%s.crt begins on %s and this machine says it is %s", name, day(leaf.NotBefore), day(now)), "Set the clock: timedatectl set-ntp true, or date --set.")
			return
		case now.After(leaf.NotAfter):
			v.fail(check, fmt.Sprintf("identity/%s.crt ended on %s", name, day(leaf.NotAfter)), anew)
			return
		}
		if first.IsZero() || leaf.NotAfter.Before(first) {
			first = leaf.NotAfter
		}
	}
	v.known = true
	if first.Sub(v.Now()) < renewWithin {
		v.warn(check, "its certificates end on "+day(first), "Before that day, enrol the box anew with a new bundle.")
		return
	}
	v.ok(check, "good until "+day(first))
}

// clock compares the machine's time with the highest the box has told.
func (v *visit) clock() {
	const check = "clock"
	now := v.Now()
	const remedy = "Set the clock: timedatectl set-ntp true, or date --set; check the battery of its clock."
	if now.Before(v.Built.Add(-24 * time.Hour)) {
		v.fail(check, fmt.Sprintf("the machine says %s, before this release was made", now.UTC().Format(time.RFC3339)), remedy)
		return
	}
	if b, err := os.ReadFile(filepath.Join(v.Data, "clock")); err == nil {
		ms, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
		if floor := time.UnixMilli(ms); err == nil && now.Before(floor.Add(-time.Minute)) {
			v.fail(check, fmt.Sprintf("the machine says %s, the box has already told %s", now.UTC().Format(time.RFC3339), floor.UTC().Format(time.RFC3339)), remedy)
			return
		}
	}
	if !v.Synced() {
		v.warn(check, "no time service keeps the clock right", "Let the box reach a time server (UDP 123), such as the school's: timedatectl status.")
		return
	}
	v.ok(check, "kept right by a time service")
}

func (v *visit) processor() {
	if !v.AES() {
		v.warn("processor", "it has no AES instructions: HTTPS costs it more", "Nothing to repair; count fewer tablets for this machine.")
		return
	}
	v.ok("processor", "has AES instructions")
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func readPEM(path string) []byte {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil
	}
	return block.Bytes
}

// link asks whether the box was told what its tablets' network carries: what it
// sees by itself it sees too late for films that begin together.
func (v *visit) link() {
	const check = "link"
	switch {
	case !v.isConfig:
	case v.config.Link == 0:
		v.warn(check, "what the school's network carries to its tablets was not told: films that begin together may stand still",
			`Measure it (preau rehearse), write "link_mbit": 100, or what it is, into `+filepath.Join(v.Data, "config.json")+" and restart the box.")
	default:
		v.ok(check, fmt.Sprintf("%d Mbit/s to the tablets, as told", v.config.Link))
	}
}
