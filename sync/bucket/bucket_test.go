package bucket_test

import (
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"preau"
	"preau/sync/bucket"
	"preau/sync/bucket/buckettest"
	"preau/sync/bucket/s3test"
)

func TestMemory(t *testing.T) { buckettest.Run(t, bucket.NewMemory()) }

func TestFolder(t *testing.T) {
	f, err := bucket.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	buckettest.Run(t, f)
}

func TestS3(t *testing.T) { buckettest.Run(t, s3test.Start(t).Bucket(t)) }

// TestS3_FaultsHaveTheirKind drives a real store through a line that fails in
// each way, and checks both the error and what the store ended up with.
func TestS3_FaultsHaveTheirKind(t *testing.T) {
	srv := s3test.Start(t)
	direct := srv.Bucket(t)
	proxy := buckettest.NewProxy(t, srv.URL)
	b, err := bucket.OpenS3(proxy.URL, srv.Cred, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for _, c := range []struct {
		name   string
		fault  buckettest.Fault
		want   preau.Kind
		stored bool
	}{
		{"down", buckettest.Down, preau.Unavailable, false},
		{"503", buckettest.SlowDown, preau.Unavailable, false},
		{"lost acknowledgement", buckettest.LostAck, preau.Unavailable, true},
		{"captive portal", buckettest.Portal, preau.Unavailable, false},
		{"clock skew", buckettest.Skewed, preau.Unavailable, false},
		{"denied", buckettest.Denied, preau.Forbidden, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := "f/" + strings.ReplaceAll(c.name, " ", "-")
			proxy.Always(c.fault)
			before := len(proxy.Seen())
			err := b.Create(ctx, key, []byte("body"))
			if err == nil || preau.KindOf(err) != c.want || preau.RemedyOf(err) == "" {
				t.Fatalf("got %v, want %v with a remedy", err, c.want)
			}
			if n := len(proxy.Seen()) - before; n != 1 && c.fault != buckettest.Down {
				t.Fatalf("%d requests for one call: somebody retries", n)
			}
			got, err := direct.Get(ctx, key)
			if c.stored != (err == nil && string(got) == "body") {
				t.Fatalf("the store holds %q, %v", got, err)
			}
			proxy.Always(buckettest.None)
			err = b.Create(ctx, key, []byte("body"))
			if c.stored != (preau.KindOf(err) == preau.Conflict && err != nil) {
				t.Fatalf("the second try got %v; stored by the first: %v", err, c.stored)
			}
		})
	}
	t.Run("truncated read", func(t *testing.T) {
		if err := direct.Create(ctx, "f/long", make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		proxy.Always(buckettest.Truncated)
		if b, err := b.Get(ctx, "f/long"); preau.KindOf(err) != preau.Unavailable || err == nil {
			t.Fatalf("half an object read as %d bytes, %v", len(b), err)
		}
	})
	t.Run("portal on a read", func(t *testing.T) {
		proxy.Always(buckettest.Portal)
		if b, err := b.Get(ctx, "f/long"); err == nil {
			t.Fatalf("a web page read as an object of %d bytes", len(b))
		}
	})
	t.Run("slow is not broken", func(t *testing.T) {
		proxy.Always(buckettest.Slow)
		start := time.Now()
		if _, err := b.Stat(ctx, "f/long"); err != nil || time.Since(start) < time.Second {
			t.Fatalf("after %v: %v", time.Since(start), err)
		}
	})
}

func TestS3_WrongKeyAndNoBucketAreSaid(t *testing.T) {
	srv := s3test.Start(t)
	wrong := srv.Cred
	wrong.SecretKey = "wrong"
	for name, open := range map[string]func() (*bucket.S3, error){
		"wrong key": func() (*bucket.S3, error) { return bucket.OpenS3(srv.URL, wrong, nil) },
		"no bucket": func() (*bucket.S3, error) { return bucket.OpenS3(srv.URL+"-other", srv.Cred, nil) },
	} {
		b, err := open()
		if err != nil {
			t.Fatal(err)
		}
		err = b.Create(t.Context(), "a", nil)
		if preau.KindOf(err) != preau.Forbidden || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v, want forbidden with a remedy", name, err)
		}
	}
}

func TestOpen_RefusesWhatIsNoStore(t *testing.T) {
	for _, address := range []string{"http://host", "http:///bucket", "ftp://host/bucket", "http://host/a/b", "https://%zz/x"} {
		if _, err := bucket.Open(address, bucket.Credentials{AccessKey: "a", SecretKey: "b"}); preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s: %v, want invalid", address, err)
		}
	}
	if _, err := bucket.Open("/no/such/folder", bucket.Credentials{}); preau.KindOf(err) != preau.NotFound {
		t.Errorf("missing folder: %v", err)
	}
}

func TestS3_Redirect(t *testing.T) {
	srv := s3test.Start(t)
	b, err := bucket.OpenS3(srv.URL, srv.Cred, roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusFound, Header: http.Header{"Location": {"http://portal.example/"}}, Body: http.NoBody}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Create(t.Context(), "a", nil); preau.KindOf(err) != preau.Unavailable || err == nil {
		t.Fatalf("a redirect to a portal: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestS3_RefusedBeforeItWasRead: the answer to an upload that the store cuts
// off is asked for again without a body.
func TestS3_RefusedBeforeItWasRead(t *testing.T) {
	cut := &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
	for name, c := range map[string]struct {
		status int
		want   preau.Kind
	}{
		"refused":   {http.StatusForbidden, preau.Forbidden},
		"no bucket": {http.StatusNotFound, preau.Forbidden},
		"only cut":  {http.StatusServiceUnavailable, preau.Unavailable},
	} {
		b, err := bucket.OpenS3("http://store.example/preau", bucket.Credentials{AccessKey: "a", SecretKey: "b"}, roundTripper(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPut {
				return nil, cut
			}
			return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
		}))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Replace(t.Context(), "a", []byte("body")); preau.KindOf(err) != c.want {
			t.Errorf("%s: %v, want kind %v", name, err, c.want)
		}
	}
}
