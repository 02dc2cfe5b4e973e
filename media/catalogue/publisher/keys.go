package publisher

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/durable"
)

// key is a private key and what the root says of it.
type key struct {
	id      string
	public  *metadata.Key
	private ed25519.PrivateKey
}

func newKey(private ed25519.PrivateKey) (key, error) {
	public, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		return key{}, fmt.Errorf("read a public key: %w", err)
	}
	id, err := public.ID()
	if err != nil {
		return key{}, fmt.Errorf("name a key: %w", err)
	}
	return key{id, public, private}, nil
}

// makeKey makes a key in a file that only its owner reads.
func makeKey(dir, name string) (key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return key{}, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return key{}, fmt.Errorf("encode a key: %w", err)
	}
	b := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := durable.WriteBytes(filepath.Join(dir, name), 0o600, b); err != nil {
		return key{}, fmt.Errorf("keep a key: %w", err)
	}
	return newKey(private)
}

// loadKeys reads every key of the folders, by id. A folder that does not
// exist holds none: offline keys are not always plugged in.
func loadKeys(dirs []string) (map[string]key, error) {
	keys := map[string]key{}
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the keys in %s: %w", dir, err)
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".pem") {
				continue
			}
			k, err := readKey(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			keys[k.id] = k
		}
	}
	return keys, nil
}

func readKey(path string) (key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return key{}, fmt.Errorf("read a key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return key{}, preau.E(preau.Untrusted, path+" can be read by others than its owner", "Run chmod 600 on it; if others had access, make new keys.", nil)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return key{}, fmt.Errorf("read a key: %w", err)
	}
	var parsed crypto.PrivateKey
	if block, _ := pem.Decode(b); block != nil {
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return key{}, preau.E(preau.Corrupt, path+" is not an Ed25519 key", "Restore it from a copy, or take it out of the folder.", err)
	}
	return newKey(private)
}

// signers returns the keys at hand that may sign for role, and says what is
// missing when they are too few.
func signers(root *metadata.Metadata[metadata.RootType], keys map[string]key, role string) ([]key, error) {
	want := root.Signed.Roles[role]
	var found []key
	for _, id := range want.KeyIDs {
		if k, ok := keys[id]; ok {
			found = append(found, k)
		}
	}
	if len(found) < want.Threshold {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("signing %s needs %d of its keys and %d is at hand", role, want.Threshold, len(found)),
			"Plug in the disk that keeps them and give its folder with --keys.", nil)
	}
	return found, nil
}

// signWith replaces the signatures of meta.
func signWith[T metadata.Roles](meta *metadata.Metadata[T], keys []key) error {
	meta.ClearSignatures()
	for _, k := range keys {
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
