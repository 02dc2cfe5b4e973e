package sister

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"preau"
	"preau/internal/httpkit"
	"preau/media/blob"
	"preau/media/catalogue/trust"
)

// Door serves sister boxes.
type Door struct {
	Identity
	Blobs *blob.Store
	// Known refuses a blob that is not the catalogue's.
	Known func(ctx context.Context, d blob.Digest) error
	// Catalogue gives the published files as they came.
	Catalogue trust.Source
	// Pace is asked before n bytes leave, and waits.
	Pace func(ctx context.Context, n int) error
	// Sent hears of bytes that left; may be nil.
	Sent func(n int)
	Log  *slog.Logger
}

const (
	maxFile = 64 << 20 // of the catalogue's published files
	piece   = 32 << 10 // bytes between two looks at the pace and the list
	drain   = time.Second
)

// Serve answers on ln until ctx ends.
func (d *Door) Serve(ctx context.Context, ln net.Listener) error {
	srv := httpkit.NewServer(d.Handler(), d.Log)
	srv.TLSConfig = d.server()
	return httpkit.Serve(ctx, srv, ln, drain)
}

// Handler answers requests of a verified connection.
func (d *Door) Handler() http.Handler {
	kit := &httpkit.Kit{Log: d.Log}
	mux := http.NewServeMux()
	for pattern, h := range map[string]httpkit.Handler{
		"GET /blobs/{sha256}":      d.blob,
		"GET /blobs/{ab}/{sha256}": d.blob, // as a published catalogue has it
		"GET /catalogue/{name...}": d.file,
		"GET /revoked":             d.revoked,
	} {
		kit.HandleFunc(mux, pattern, func(w http.ResponseWriter, r *http.Request) error {
			// A connection may be older than the list.
			if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
				return preau.E(preau.Forbidden, "boxes only", "", nil)
			}
			if err := d.check(*r.TLS); err != nil {
				w.Header().Set("Connection", "close")
				return err
			}
			return h(w, r)
		})
	}
	return mux
}

func (d *Door) blob(w http.ResponseWriter, r *http.Request) error {
	digest, err := blob.ParseDigest(r.PathValue("sha256"))
	if err != nil {
		return preau.E(preau.NotFound, "no blob has that name", "", err)
	}
	if err := d.Known(r.Context(), digest); err != nil {
		return err
	}
	f, _, err := d.Blobs.Open(digest)
	if err != nil {
		return err
	}
	defer f.Close()
	w.Header().Set("ETag", `"`+digest.String()+`"`)
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(&paced{ResponseWriter: w, door: d, r: r}, r, "", time.Time{}, f)
	return nil
}

func (d *Door) file(w http.ResponseWriter, r *http.Request) error {
	b, err := d.Catalogue.Fetch(r.Context(), r.PathValue("name"), maxFile)
	if err != nil {
		return preau.E(preau.NotFound, "this box has not that file of the catalogue", "", err)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = (&paced{ResponseWriter: w, door: d, r: r}).Write(b) // fails only when the reader left
	return nil
}

func (d *Door) revoked(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(d.Revoked.List().PEM()) // fails only when the reader left
	return nil
}

// paced writes no faster than the door allows, and stops in the middle when
// the reader's certificate is taken back.
type paced struct {
	http.ResponseWriter
	door *Door
	r    *http.Request
}

// Write implements io.Writer.
func (p *paced) Write(b []byte) (sent int, err error) {
	for len(b) > 0 {
		n := min(piece, len(b))
		if err := errors.Join(p.door.check(*p.r.TLS), p.door.Pace(p.r.Context(), n)); err != nil {
			return sent, err
		}
		n, err := p.ResponseWriter.Write(b[:n])
		if sent += n; p.door.Sent != nil {
			p.door.Sent(n)
		}
		if err != nil {
			return sent, err
		}
		b = b[n:]
	}
	return sent, nil
}

var _ io.Writer = (*paced)(nil)
