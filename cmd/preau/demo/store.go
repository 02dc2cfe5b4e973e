package demo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/sync/bucket"
)

// bucketName is the demo's only bucket.
const bucketName = "preau"

// storeFile is DIR/store.json: what `preau lake verify --dir DIR` reads too.
type storeFile struct {
	URL       string `json:"url"` // http://host:port/bucket
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
	Bucket    string `json:"bucket"`
}

// startStore runs the S3-compatible store on DIR/store, with keys made once
// for this folder.
func startStore(ctx context.Context, opts Options, say func(string)) (*process, storeFile, error) {
	path := filepath.Join(opts.Dir, "store.json")
	file, err := loadStore(path)
	if err != nil {
		return nil, file, err
	}
	bin, err := storeBinary(ctx, opts, say)
	if err != nil {
		return nil, file, err
	}
	addr, err := freeAddress(file.URL)
	if err != nil {
		return nil, file, err
	}
	objects := filepath.Join(opts.Dir, "store")
	if err := os.MkdirAll(objects, 0o700); err != nil {
		return nil, file, fmt.Errorf("make the store's folder: %w", err)
	}
	cmd := exec.Command(bin, "--port", addr, "--quiet", "posix", objects)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+file.AccessKey, "ROOT_SECRET_KEY="+file.SecretKey)
	p, out, err := start(opts.Dir, "store", cmd)
	if err != nil {
		return nil, file, err
	}
	go func() { // ends when the store closes its output
		_, _ = io.Copy(io.Discard, out) // its banner
		out.Close()
	}()
	file.URL = "http://" + addr + "/" + bucketName
	if err := p.awaitHTTP(ctx, "http://"+addr+"/", 20*time.Second); err != nil {
		return nil, file, err
	}
	s3, err := bucket.OpenS3(file.URL, bucket.Credentials{AccessKey: file.AccessKey, SecretKey: file.SecretKey}, nil)
	if err != nil {
		return nil, file, err
	}
	if err := s3.EnsureBucket(ctx); err != nil {
		return nil, file, fmt.Errorf("make the store's bucket: %w", err)
	}
	b, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return nil, file, fmt.Errorf("encode the store's file: %w", err)
	}
	return p, file, durable.WriteBytes(path, 0o600, append(b, '\n'))
}

func loadStore(path string) (storeFile, error) {
	file := storeFile{AccessKey: "demo" + rand.Text()[:12], SecretKey: rand.Text() + rand.Text(), Bucket: bucketName}
	b, err := os.ReadFile(path)
	switch {
	case os.IsNotExist(err):
		return file, nil
	case err != nil:
		return file, fmt.Errorf("read the store's file: %w", err)
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return file, preau.E(preau.Corrupt, path+" is not readable", "Remove the demo's folder and start again: "+filepath.Dir(path)+".", err)
	}
	return file, nil
}

// awaitHTTP waits until something answers at url.
func (p *process) awaitHTTP(ctx context.Context, url string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("ask %s: %w", p.name, err)
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-p.ended:
			return p.failed("ended at once")
		case <-ctx.Done():
			return p.failed("does not answer")
		case <-tick.C:
		}
	}
}

// freeAddress keeps the last run's port when it is free, so that open pages
// and the box's configuration still hold.
func freeAddress(lastURL string) (string, error) {
	if u, err := http.NewRequest(http.MethodGet, lastURL, nil); err == nil && u.URL.Host != "" {
		if ln, err := net.Listen("tcp", u.URL.Host); err == nil {
			ln.Close()
			return u.URL.Host, nil
		}
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// storeBinary finds versitygw: named, beside us, in the path, or built from
// the repository's pinned module.
func storeBinary(ctx context.Context, opts Options, say func(string)) (string, error) {
	if opts.S3Server != "" {
		return opts.S3Server, nil
	}
	beside := filepath.Join(filepath.Dir(opts.Executable), "versitygw")
	if _, err := os.Stat(beside); err == nil {
		return beside, nil
	}
	if path, err := exec.LookPath("versitygw"); err == nil {
		return path, nil
	}
	const module = "tools/s3server"
	if _, err := os.Stat(filepath.Join(module, "go.mod")); err != nil {
		return "", preau.E(preau.NotFound, "no S3-compatible store was found", "Run make tools in the repository, or give versitygw's path with --s3-server.", err)
	}
	bin := filepath.Join(opts.Dir, "versitygw-"+runtime.GOARCH)
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	say("building the S3-compatible store (once, about two minutes)")
	cmd := exec.CommandContext(ctx, "go", "-C", module, "build", "-trimpath", "-o", bin, "github.com/versity/versitygw/cmd/versitygw")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", preau.E(preau.Unavailable, "the S3-compatible store could not be built:\n"+string(out), "Check that Go's module proxy can be reached, or give versitygw's path with --s3-server.", err)
	}
	return bin, nil
}
