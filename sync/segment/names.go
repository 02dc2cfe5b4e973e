package segment

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"preau"
)

// Box says who writes: the first words of every key.
type Box struct {
	Authority string // slug of the collectivité
	Academie  string // slug, a partition of the facts
	UAI       preau.UAI
	ID        string // slug of the box
}

// Check refuses what would not make a key.
func (b Box) Check() error {
	uai, err := preau.ParseUAI(string(b.UAI))
	if err != nil {
		return err
	}
	if uai != b.UAI {
		return preau.E(preau.Invalid, fmt.Sprintf("UAI %.20q is not in its canonical form %s", string(b.UAI), uai), "", nil)
	}
	for what, s := range map[string]string{"authority": b.Authority, "académie": b.Academie, "box": b.ID} {
		if !isSlug(s) {
			return preau.E(preau.Invalid, fmt.Sprintf("the %s's name %.70q is not made of small letters, digits and dashes", what, s), "Correct the box's configuration.", nil)
		}
	}
	return nil
}

// URI is the name that the box's certificate carries.
func (b Box) URI() string { return "preau://box/" + string(b.UAI) + "/" + b.ID }

// ReceiptsURI is the name that an authority's receipt certificate carries.
func ReceiptsURI(authority string) string { return "preau://receipts/" + authority }

// BoxPrefix starts all that is the box's own.
func (b Box) BoxPrefix() string {
	return "v1/" + b.Authority + "/boxes/" + string(b.UAI) + "/" + b.ID + "/"
}

// IdentityKey holds the box's signed identity.
func (b Box) IdentityKey() string { return b.BoxPrefix() + "identity.json" }

// HeadKey is the place of the head that starts at first. The place depends on
// nothing else: two heads for one place would be a fork, and create-only
// makes the store refuse the second.
func (b Box) HeadKey(stream preau.Stream, epoch EpochID, first uint64) string {
	return fmt.Sprintf("%sheads/%s/%s/%020d.json", b.BoxPrefix(), stream, epoch, first)
}

// ReceiptKey is where the authority answers.
func (b Box) ReceiptKey(number uint64) string {
	return fmt.Sprintf("%s%020d.json", b.ReceiptPrefix(), number)
}

// ReceiptPrefix starts the box's receipts.
func (b Box) ReceiptPrefix() string {
	return "v1/" + b.Authority + "/receipts/" + string(b.UAI) + "/" + b.ID + "/"
}

// ReceiptStateKey is the collector's own summary of all its receipts.
func (b Box) ReceiptStateKey() string { return b.ReceiptPrefix() + "state.json" }

// rangeName is the part of an object's name that says what it holds.
func (b Box) rangeName(epoch EpochID, first, last uint64, sha string) string {
	return fmt.Sprintf("%s-%s-%s-%020d-%020d-%s", b.UAI, b.ID, epoch, first, last, sha)
}

func (b Box) factsKey(stream preau.Stream, day time.Time, epoch EpochID, first, last uint64, sha string) string {
	return fmt.Sprintf("v1/%s/facts/stream=%s/academie=%s/date=%s/%s.parquet",
		b.Authority, stream, b.Academie, day.UTC().Format(time.DateOnly), b.rangeName(epoch, first, last, sha))
}

func (b Box) sealedKey(stream preau.Stream, day time.Time, epoch EpochID, first, last uint64, sha string) string {
	return fmt.Sprintf("%ssealed/%s/%04d/%s.age", b.BoxPrefix(), stream, day.UTC().Year(), b.rangeName(epoch, first, last, sha))
}

// Place is what a key under boxes/ says.
type Place struct {
	Box      Box // without académie: keys do not tell
	Identity bool
	Sealed   bool
	Stream   preau.Stream // of a head
	Epoch    EpochID
	First    uint64
}

// ParseBoxKey reads a key under boxes/; ok is false when it is none of ours.
func ParseBoxKey(key string) (p Place, ok bool) {
	parts := strings.Split(key, "/")
	if len(parts) < 6 || parts[0] != "v1" || parts[2] != "boxes" {
		return p, false
	}
	p.Box = Box{Authority: parts[1], UAI: preau.UAI(parts[3]), ID: parts[4]}
	known := Box{p.Box.Authority, "any", p.Box.UAI, p.Box.ID}
	if known.Check() != nil {
		return p, false
	}
	switch {
	case key == p.Box.IdentityKey():
		p.Identity = true
		return p, true
	case parts[5] == "sealed":
		p.Sealed = true
		return p, true
	case parts[5] != "heads" || len(parts) != 9:
		return p, false
	}
	p.Stream = preau.Stream(parts[6])
	err := p.Epoch.UnmarshalText([]byte(parts[7]))
	first, isJSON := strings.CutSuffix(parts[8], ".json")
	n, perr := strconv.ParseUint(first, 10, 63)
	p.First = n
	return p, err == nil && perr == nil && isJSON && n > 0 && isSlug(string(p.Stream)) && key == p.Box.HeadKey(p.Stream, p.Epoch, n)
}

// ParseFactsKey reads what a facts object's name says, if b could have made
// it.
func ParseFactsKey(key string, b Box) (f FactsPlace, ok bool) {
	rest, ok := strings.CutPrefix(key, "v1/"+b.Authority+"/facts/stream=")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 4 {
		return f, false
	}
	name, made := strings.CutPrefix(parts[3], string(b.UAI)+"-"+b.ID+"-")
	name, isFile := strings.CutSuffix(name, ".parquet")
	fields := strings.Split(name, "-")
	if !made || !isFile || len(fields) != 4 {
		return f, false
	}
	f.Stream = preau.Stream(parts[0])
	err := f.Epoch.UnmarshalText([]byte(fields[0]))
	first, ferr := strconv.ParseUint(fields[1], 10, 63)
	last, lerr := strconv.ParseUint(fields[2], 10, 63)
	f.First, f.Last = first, last
	return f, err == nil && ferr == nil && lerr == nil && first > 0 && last >= first
}

// FactsPlace is what a facts object's name says.
type FactsPlace struct {
	Stream      preau.Stream
	Epoch       EpochID
	First, Last uint64
}

// EpochID is a journal's epoch as documents write it: 16 hexadecimal digits,
// because JSON numbers lose bits beyond 53.
type EpochID uint64

// String gives the 16 digits.
func (e EpochID) String() string { return fmt.Sprintf("%016x", uint64(e)) }

// MarshalText writes the 16 digits.
func (e EpochID) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads exactly 16 digits of lower case.
func (e *EpochID) UnmarshalText(b []byte) error {
	var raw [8]byte
	if n, err := hex.Decode(raw[:], b[:min(len(b), 16)]); err != nil || n != 8 || len(b) != 16 || strings.ToLower(string(b)) != string(b) {
		return preau.E(preau.Corrupt, fmt.Sprintf("%.20q is not an epoch", b), "", err)
	}
	v, err := strconv.ParseUint(string(b), 16, 64)
	*e = EpochID(v)
	return err
}

func isSlug(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
