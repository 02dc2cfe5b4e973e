package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
)

// Ring is a repository's folder, as far as its keys and metadata go.
type Ring struct{ dir string }

// At is the ring of a repository.
func At(dir string) *Ring { return &Ring{dir} }

// Metadata is the folder of what is in force.
func (r *Ring) Metadata() string { return filepath.Join(r.dir, "metadata") }

// Pending is the folder of what waits for signatures.
func (r *Ring) Pending() string { return filepath.Join(r.dir, "pending") }

// Keys is the folder of the repository's own keys.
func (r *Ring) Keys() string { return filepath.Join(r.dir, "keys") }

// Authority is whose signatures put a role's metadata in force.
type Authority struct {
	Role      string
	KeyIDs    []string
	Threshold int
	// verify says whether enough of them have signed.
	verify func(meta any) error
}

// Holds reports whether metadata bears enough signatures of the authority.
func (a Authority) Holds(meta any) bool { return a.verify(meta) == nil }

// signersField tells, in metadata that waits, whose signatures it waits for.
// It is outside of what is signed, and goes when the metadata comes in force.
const signersField = "x-preau-signers"

// waiting is what signersField says.
type waiting struct {
	KeyIDs    []string `json:"keyids"`
	Threshold int      `json:"threshold"`
}

// Seal signs metadata with every key at hand that may, together with the
// signatures that gathered on the same metadata before. With enough of them it
// comes into force; else it waits, and the error says for whom.
func Seal[T metadata.Roles](r *Ring, a Authority, version int64, meta *metadata.Metadata[T], keys Keys) error {
	meta.ClearSignatures()
	file := filepath.Join(r.Pending(), FileName(a.Role, version))
	if err := gather(file, meta); err != nil {
		return err
	}
	if err := sign(meta, a.KeyIDs, keys); err != nil {
		return err
	}
	meta.Signatures = slices.DeleteFunc(meta.Signatures, func(s metadata.Signature) bool { return !slices.Contains(a.KeyIDs, s.KeyID) })
	if !a.Holds(meta) {
		meta.UnrecognizedFields = map[string]any{signersField: waiting{a.KeyIDs, a.Threshold}}
		if err := write(file, meta); err != nil {
			return err
		}
		return missing(file, a, len(meta.Signatures))
	}
	meta.UnrecognizedFields = nil
	if err := write(filepath.Join(r.Metadata(), FileName(a.Role, version)), meta); err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what waited: %w", err)
	}
	return nil
}

// missing says for whom metadata waits.
func missing(file string, a Authority, have int) error {
	verb := "is"
	if have > 1 {
		verb = "are"
	}
	// The cause is typed: whoever can go on without, does.
	return preau.E(preau.Invalid, fmt.Sprintf("signing %s needs %d of its keys and %d %s at hand", a.Role, a.Threshold, have, verb),
		fmt.Sprintf("Plug in the disk that keeps them and give its folder with --keys; or carry %s to who holds one (preau catalogue cosign), put it back and sign again.", file),
		&Waiting{a.Role, have, a.Threshold})
}

// Waiting is in the chain of the error of metadata that waits for signatures.
type Waiting struct {
	Role       string
	Have, Need int
}

func (w *Waiting) Error() string {
	return "it waits for the others"
}

// IsWaiting reports whether err is only that signatures are missing.
func IsWaiting(err error) bool { _, ok := errors.AsType[*Waiting](err); return ok }

// gather adds the signatures that wait on the same metadata. What waits and
// says something else is forgotten when the new metadata is kept.
func gather[T metadata.Roles](file string, meta *metadata.Metadata[T]) error {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what waits for signatures: %w", err)
	}
	var old struct {
		Signed     json.RawMessage      `json:"signed"`
		Signatures []metadata.Signature `json:"signatures"`
	}
	if err := json.Unmarshal(b, &old); err != nil {
		return preau.E(preau.Corrupt, file+" cannot be read", "Remove it and sign again: its signatures are gathered anew.", err)
	}
	same, err := sameSigned(old.Signed, meta)
	if err != nil || !same {
		return err
	}
	meta.Signatures = old.Signatures
	return nil
}

// sameSigned compares what is signed, whatever the layout.
func sameSigned[T metadata.Roles](old json.RawMessage, meta *metadata.Metadata[T]) (bool, error) {
	b, err := meta.ToBytes(false)
	if err != nil {
		return false, fmt.Errorf("encode metadata: %w", err)
	}
	var ours struct {
		Signed json.RawMessage `json:"signed"`
	}
	if err := json.Unmarshal(b, &ours); err != nil {
		return false, fmt.Errorf("read metadata: %w", err)
	}
	var x, y any
	if json.Unmarshal(old, &x) != nil || json.Unmarshal(ours.Signed, &y) != nil {
		return false, nil
	}
	p, err := json.Marshal(x)
	if err != nil {
		return false, fmt.Errorf("encode metadata: %w", err)
	}
	q, err := json.Marshal(y)
	return string(p) == string(q), err
}

// sign adds the signatures of those keys at hand that have not signed yet. A
// nil list of ids means all of them.
func sign[T metadata.Roles](meta *metadata.Metadata[T], ids []string, keys Keys) error {
	if ids == nil {
		for id := range keys {
			ids = append(ids, id)
		}
		slices.Sort(ids)
	}
	for _, id := range ids {
		k, ok := keys[id]
		if !ok {
			continue
		}
		meta.Signatures = slices.DeleteFunc(meta.Signatures, func(s metadata.Signature) bool { return s.KeyID == id })
		signer, err := signature.LoadED25519Signer(k.private)
		if err != nil {
			return fmt.Errorf("load a key: %w", err)
		}
		if _, err := meta.Sign(signer); err != nil {
			return fmt.Errorf("sign: %w", err)
		}
	}
	return nil
}

// Cosigned says what Cosign did.
type Cosigned struct {
	Role    string `json:"role"`
	Version int64  `json:"version"`
	Added   int    `json:"added"`
	Have    int    `json:"have"`
	Need    int    `json:"need"`
}

// Cosign adds signatures to one file that waits, carried to who holds a key:
// the file is all that is needed.
func Cosign(file string, keys Keys) (Cosigned, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return Cosigned{}, preau.E(preau.NotFound, file+" cannot be read", "Give a file of the repository's folder pending/.", err)
	}
	var head struct {
		Signed struct {
			Type    string `json:"_type"`
			Version int64  `json:"version"`
		} `json:"signed"`
		Signers waiting `json:"x-preau-signers"`
	}
	if err := json.Unmarshal(b, &head); err != nil || len(b) > maxMetadata || len(head.Signers.KeyIDs) == 0 {
		return Cosigned{}, preau.E(preau.Invalid, file+" waits for no signature", "Give a file of the repository's folder pending/.", err)
	}
	done := Cosigned{Role: head.Signed.Type, Version: head.Signed.Version, Need: head.Signers.Threshold}
	switch head.Signed.Type {
	case metadata.ROOT:
		return cosign(file, b, metadata.Root(), head.Signers, keys, done)
	case metadata.TARGETS:
		return cosign(file, b, metadata.Targets(), head.Signers, keys, done)
	case metadata.SNAPSHOT:
		return cosign(file, b, metadata.Snapshot(), head.Signers, keys, done)
	case metadata.TIMESTAMP:
		return cosign(file, b, metadata.Timestamp(), head.Signers, keys, done)
	}
	return Cosigned{}, preau.E(preau.Invalid, fmt.Sprintf("%s is of the unknown role %.40q", file, head.Signed.Type), "Give a file of the repository's folder pending/.", nil)
}

func cosign[T metadata.Roles](file string, b []byte, into *metadata.Metadata[T], wait waiting, keys Keys, done Cosigned) (Cosigned, error) {
	meta, err := into.FromBytes(b)
	if err != nil {
		return Cosigned{}, preau.E(preau.Corrupt, file+" cannot be read", "Copy it again from the repository's folder pending/.", err)
	}
	before := len(meta.Signatures)
	if err := sign(meta, wait.KeyIDs, keys); err != nil {
		return Cosigned{}, err
	}
	done.Have = len(meta.Signatures)
	done.Added = done.Have - before
	if done.Added == 0 {
		return Cosigned{}, preau.E(preau.Invalid, fmt.Sprintf("none of the %d keys at hand is one that %s still waits for", len(keys), file),
			"Give the folder of a key of this role with --keys; preau catalogue status lists the keys of each role.", nil)
	}
	return done, write(file, meta)
}

// signatures counts those on a file that waits.
func signatures(file string) (int, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, fmt.Errorf("read what waits for signatures: %w", err)
	}
	var head struct {
		Signatures []json.RawMessage `json:"signatures"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return 0, preau.E(preau.Corrupt, file+" cannot be read", "Remove it and sign again: its signatures are gathered anew.", err)
	}
	return len(head.Signatures), nil
}
