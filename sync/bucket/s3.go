package bucket

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"preau"
)

// S3 is a bucket of an S3-compatible store.
type S3 struct {
	store requests
	name  string
	host  string
}

// requests are those we make, bound to a client. Were the client itself a
// field, the binary would keep its two hundred methods and all they call:
// templates call methods by name, so the linker keeps every one that a value
// in an interface leads to.
type requests struct {
	put   func(ctx context.Context, bucket, key string, body io.Reader, size int64, opts minio.PutObjectOptions) (minio.UploadInfo, error)
	get   func(ctx context.Context, bucket, key string, opts minio.GetObjectOptions) (io.ReadCloser, minio.ObjectInfo, http.Header, error)
	stat  func(ctx context.Context, bucket, key string, opts minio.StatObjectOptions) (minio.ObjectInfo, error)
	list  func(ctx context.Context, bucket string, opts minio.ListObjectsOptions) iter.Seq[minio.ObjectInfo]
	there func(ctx context.Context, bucket string) (bool, error)
	make  func(ctx context.Context, bucket string, opts minio.MakeBucketOptions) error
}

var _ Bucket = (*S3)(nil)

// Credentials are what the store knows us by. The zero value means: as the
// AWS tools find them (environment, then shared file).
type Credentials struct {
	AccessKey, SecretKey, SessionToken string
	Region                             string
}

// OpenS3 prepares a client; it sends nothing yet. rawURL is
// http(s)://host[:port]/bucket. The http transport of tests and commands may
// be nil.
func OpenS3(rawURL string, cred Credentials, transport http.RoundTripper) (*S3, error) {
	u, err := url.Parse(rawURL)
	name := ""
	if err == nil {
		name = strings.Trim(u.Path, "/")
	}
	if err != nil || u.Host == "" || name == "" || strings.Contains(name, "/") || u.Scheme != "http" && u.Scheme != "https" {
		return nil, preau.E(preau.Invalid, "the store's address "+quote(rawURL)+" is not http(s)://host/bucket", "Give the endpoint followed by the bucket's name, e.g. https://s3.example.fr/preau.", err)
	}
	if transport == nil {
		transport = newTransport()
	}
	creds := credentials.NewStaticV4(cred.AccessKey, cred.SecretKey, cred.SessionToken)
	if cred.AccessKey == "" {
		creds = credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}})
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds:  creds,
		Secure: u.Scheme == "https",
		// A named region spares a request, and every store of one's own
		// accepts this one.
		Region:       firstOf(cred.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "us-east-1"),
		BucketLookup: minio.BucketLookupPath,
		Transport:    answers{transport},
		// Its own retry meets its own success and calls it a conflict: the
		// caller retries, and compares.
		MaxRetries: 1,
	})
	if err != nil {
		return nil, preau.E(preau.Invalid, "the store's address "+quote(rawURL)+" cannot be used", "Check the URL.", err)
	}
	return &S3{requests{
		put:   client.PutObject,
		get:   minio.Core{Client: client}.GetObject,
		stat:  client.StatObject,
		list:  client.ListObjectsIter,
		there: client.BucketExists,
		make:  client.MakeBucket,
	}, name, u.Host}, nil
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// newTransport bounds every step but the transfer itself, which the caller's
// context bounds: a thin line is slow, not broken.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 60 * time.Second,
		IdleConnTimeout:       60 * time.Second,
		MaxIdleConnsPerHost:   4,
		DisableCompression:    true, // a stored object is its bytes
	}
}

// answers refuses what no store says: a web page, or a redirect to one, means
// a captive portal or a filtering proxy stands in between.
type answers struct{ next http.RoundTripper }

func (a answers) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := a.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	kind := resp.Header.Get("Content-Type")
	if strings.HasPrefix(kind, "text/html") || resp.StatusCode/100 == 3 && resp.StatusCode != http.StatusNotModified && resp.Header.Get("x-amz-request-id") == "" {
		resp.Body.Close()
		return nil, ErrPortal
	}
	return resp, nil
}

// lookFirst is the size from which Create looks before it sends: stores answer
// 412 before they have read a large body and cut the upload, so that the
// refusal is never seen (and a thin line has paid for it). versitygw v1.8.0
// does, even after an Expect: 100-continue.
const lookFirst = 32 << 10

// Create implements Bucket.
func (s *S3) Create(ctx context.Context, key string, data []byte) error {
	if err := checkPut(key, data); err != nil {
		return err
	}
	if len(data) >= lookFirst {
		if _, err := s.Stat(ctx, key); err == nil {
			return exists(key, nil)
		} else if preau.KindOf(err) != preau.NotFound {
			return err
		}
	}
	var opts minio.PutObjectOptions
	opts.SetMatchETagExcept("*")
	return s.put(ctx, key, data, opts)
}

// Replace implements Bucket.
func (s *S3) Replace(ctx context.Context, key string, data []byte) error {
	return s.put(ctx, key, data, minio.PutObjectOptions{})
}

func (s *S3) put(ctx context.Context, key string, data []byte, opts minio.PutObjectOptions) error {
	if err := checkPut(key, data); err != nil {
		return err
	}
	opts.DisableMultipart = true
	opts.ContentType = "application/octet-stream"
	_, err := s.store.put(ctx, s.name, key, bytes.NewReader(data), int64(len(data)), opts)
	if cutWhileSending(err) {
		// A store that refuses before it has read hangs up on what is still
		// being sent, and its answer is lost. A request without a body hears it.
		_, why := s.Stat(ctx, key)
		switch {
		case why == nil:
		case preau.KindOf(why) == preau.Forbidden:
			return why
		case preau.KindOf(why) == preau.NotFound:
			if there, err := s.store.there(ctx, s.name); err == nil && !there {
				return s.noBucket(why)
			}
		}
	}
	return s.classify("put", key, err)
}

// cutWhileSending tells a line that the other end closed under our writing.
func cutWhileSending(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "write" && (errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET))
}

// Get implements Bucket.
func (s *S3) Get(ctx context.Context, key string) ([]byte, error) {
	if err := CheckKey(key); err != nil {
		return nil, err
	}
	body, info, _, err := s.store.get(ctx, s.name, key, minio.GetObjectOptions{})
	if err != nil {
		return nil, s.classify("get", key, err)
	}
	defer body.Close()
	if info.Size > MaxObject {
		return nil, preau.E(preau.Corrupt, "the object is larger than any of ours: "+key, "", nil)
	}
	b, err := io.ReadAll(io.LimitReader(body, MaxObject+1))
	if err == nil && int64(len(b)) != info.Size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, s.classify("get", key, err)
	}
	return b, nil
}

// Stat implements Bucket.
func (s *S3) Stat(ctx context.Context, key string) (Info, error) {
	if err := CheckKey(key); err != nil {
		return Info{}, err
	}
	info, err := s.store.stat(ctx, s.name, key, minio.StatObjectOptions{})
	if err != nil {
		return Info{}, s.classify("look at", key, err)
	}
	return Info{key, info.Size, info.LastModified}, nil
}

// List implements Bucket.
func (s *S3) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		for o := range s.store.list(ctx, s.name, minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true}) {
			if o.Err != nil {
				yield(Info{}, s.classify("list", prefix, o.Err))
				return
			}
			if o.Key <= after || strings.HasSuffix(o.Key, "/") {
				continue // some stores include the mark, or show folders
			}
			if !yield(Info{o.Key, o.Size, o.LastModified}, nil) {
				return
			}
		}
	}
}

// EnsureBucket makes the bucket where the demo and the tests may.
func (s *S3) EnsureBucket(ctx context.Context) error {
	ok, err := s.store.there(ctx, s.name)
	if err == nil && !ok {
		err = s.store.make(ctx, s.name, minio.MakeBucketOptions{})
	}
	return s.classify("make bucket", s.name, err)
}

func (s *S3) noBucket(cause error) error {
	return preau.E(preau.Forbidden, "the store "+s.host+" has no bucket "+s.name, "Create the bucket or correct the store's address.", cause)
}

// classify turns the store's codes into kinds; it never reads messages.
func (s *S3) classify(what, key string, err error) error {
	if err == nil {
		return nil
	}
	what = what + " " + key
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", what, err)
	case errors.Is(err, ErrPortal):
		return preau.E(preau.Unavailable, "a web page answers instead of the store "+s.host, "The line asks for a sign-in, or a proxy filters it: open a browser on this network, or allow "+s.host+".", err)
	}
	var resp minio.ErrorResponse
	if !errors.As(err, &resp) {
		return preau.E(preau.Unavailable, "the store "+s.host+" does not answer: could not "+what, "Check the line; delivery resumes by itself.", err)
	}
	switch resp.Code {
	case minio.NoSuchKey:
		return notFound(key, err)
	case minio.NoSuchBucket:
		return s.noBucket(err)
	case minio.PreconditionFailed:
		return exists(key, err)
	case "RequestTimeTooSkewed":
		return preau.E(preau.Unavailable, "the store "+s.host+" says that the box's clock is wrong", "Set the clock, or let the box reach a time server.", errors.Join(ErrClock, err))
	case minio.EntityTooLarge:
		return preau.E(preau.TooLarge, "the store refuses an object of this size: "+key, "", err)
	}
	switch c := resp.StatusCode; {
	case c == http.StatusNotFound:
		return notFound(key, err)
	case c == http.StatusInsufficientStorage:
		return preau.E(preau.Full, "the store "+s.host+" is full", "Its administrator must make room.", err)
	case c == http.StatusUnauthorized || c == http.StatusForbidden:
		return preau.E(preau.Forbidden, fmt.Sprintf("the store %s refuses to %s (%s)", s.host, what, resp.Code), "Check the access key, and that its policy covers this box's prefixes.", err)
	case c == http.StatusBadRequest || c == http.StatusMethodNotAllowed || c == http.StatusNotImplemented:
		return preau.E(preau.Internal, fmt.Sprintf("the store %s does not understand us: could not %s (%s)", s.host, what, resp.Code), "Report it with the store's name and version.", err)
	}
	// 409 (another conditional write under way), 429, 5xx and what we do not know.
	return preau.E(preau.Unavailable, fmt.Sprintf("the store %s cannot %s now (%s)", s.host, what, resp.Code), "Delivery resumes by itself.", err)
}
