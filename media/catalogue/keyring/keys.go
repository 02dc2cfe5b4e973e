package keyring

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

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/durable"
)

// Key is a private key and what metadata says of it.
type Key struct {
	ID      string
	Name    string // its file
	Public  *metadata.Key
	private ed25519.PrivateKey
}

// Keys are those at hand, by their ids.
type Keys map[string]Key

func newKey(private ed25519.PrivateKey, name string) (Key, error) {
	public, err := metadata.KeyFromPublicKey(private.Public())
	if err != nil {
		return Key{}, fmt.Errorf("read a public key: %w", err)
	}
	id, err := public.ID()
	if err != nil {
		return Key{}, fmt.Errorf("name a key: %w", err)
	}
	return Key{id, name, public, private}, nil
}

// makeKey makes a key in a file that only its owner reads, and never over
// another.
func makeKey(dir, name string) (Key, error) {
	if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
		return Key{}, preau.E(preau.Conflict, "there is a key "+name+" already", "Move it away; a key is never written over.", nil)
	}
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return Key{}, fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return Key{}, fmt.Errorf("encode a key: %w", err)
	}
	b := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := durable.WriteBytes(filepath.Join(dir, name), 0o600, b); err != nil {
		return Key{}, fmt.Errorf("keep a key: %w", err)
	}
	return newKey(private, name)
}

// Load reads every key of the folders, by id. A folder that does not exist
// holds none: offline keys are not always plugged in.
func Load(dirs ...string) (Keys, error) {
	keys := Keys{}
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
			keys[k.ID] = k
		}
	}
	return keys, nil
}

func readKey(path string) (Key, error) {
	name := filepath.Base(path)
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("read a key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Key{}, preau.E(preau.Untrusted, path+" can be read by others than its owner", "Run chmod 600 on it; if others had access, make new keys.", nil)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("read a key: %w", err)
	}
	var parsed crypto.PrivateKey
	if block, _ := pem.Decode(b); block != nil {
		parsed, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return Key{}, preau.E(preau.Corrupt, path+" is not an Ed25519 key", "Restore it from a copy, or take it out of the folder.", err)
	}
	return newKey(private, name)
}
