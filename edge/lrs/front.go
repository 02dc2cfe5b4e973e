package lrs

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"preau"
	"preau/edge/lrs/document"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/xapi"
	"preau/internal/httpkit"
)

// The headers of the specification.
const (
	headerVersion    = "X-Experience-API-Version"
	headerConsistent = "X-Experience-API-Consistent-Through"
	headerHash       = "X-Experience-API-Hash"
	headerEncoding   = "Content-Transfer-Encoding"
)

// request is one, with what every resource needs of it.
type request struct {
	*http.Request
	w       http.ResponseWriter
	version xapi.Version
	key     keys.Key
	params  params
}

// ServeHTTP implements http.Handler.
func (l *LRS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	cors(w.Header())
	w.Header().Set("Cache-Control", "no-store")
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	err := l.serve(w, r)
	var cut *cutOff
	switch {
	case errors.As(err, &cut):
		// The answer has begun: its reader must see that the rest is missing,
		// and not an ending that looks whole.
		l.Log.Debug("xapi answer cut off", "path", r.URL.Path, "err", err)
		panic(http.ErrAbortHandler)
	case err != nil:
		l.refuse(w, r, err)
	}
}

// cors lets the content of packs, which lives on another origin, speak here:
// it brings a key, and no cookie is ever looked at.
func cors(h http.Header) {
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, PUT, POST, DELETE, OPTIONS")
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match, Accept-Language, "+headerVersion+", "+headerHash+", "+headerEncoding)
	h.Set("Access-Control-Expose-Headers", "ETag, Last-Modified, "+headerVersion+", "+headerConsistent)
	h.Set("Access-Control-Max-Age", "600")
}

func (l *LRS) serve(w http.ResponseWriter, r *http.Request) error {
	path := strings.TrimPrefix(r.URL.Path, Root)
	res, ok := l.resources[path]
	if !ok {
		return preau.E(preau.NotFound, "there is no such resource", "The resources are "+strings.Join(l.paths(), ", ")+".", nil)
	}
	// Whoever forgets the version is answered in the one they usually speak.
	w.Header().Set(headerVersion, string(l.spoken.of(r)))
	r, err := unwrap(w, r)
	if err != nil {
		return err
	}
	q := &request{Request: r, w: w, version: xapi.V200}
	if h := r.Header.Get(headerVersion); h != "" || path != "/about" {
		if q.version, err = xapi.ParseVersion(h); err != nil {
			return err
		}
		w.Header().Set(headerVersion, string(q.version))
	}
	if q.params, err = readParams(r); err != nil {
		return err
	}
	if path != "/about" {
		if q.key, err = l.authenticate(r); err != nil {
			return err
		}
		l.spoken.note(q.key.ID, q.version)
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	handle, ok := res[method]
	if !ok {
		w.Header().Set("Allow", strings.Join(res.methods(), ", "))
		return &statusError{http.StatusMethodNotAllowed, "this resource does not know the method " + r.Method}
	}
	w.Header().Set(headerConsistent, xapi.FormatTimestamp(l.Records.ConsistentThrough()))
	return handle(q)
}

func (l *LRS) paths() (all []string) {
	for path := range l.resources {
		all = append(all, Root+path)
	}
	slices.Sort(all)
	return all
}

func (res resource) methods() (all []string) {
	for m := range res {
		all = append(all, m)
		if m == http.MethodGet {
			all = append(all, http.MethodHead)
		}
	}
	slices.Sort(all)
	return all
}

// authenticate finds the key behind a request: HTTP Basic, the only way in.
func (l *LRS) authenticate(r *http.Request) (keys.Key, error) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return keys.Key{}, preau.E(preau.Unauthorized, "the request brings no key", "Send one by HTTP Basic: preau lrs key create makes it.", nil)
	}
	key, ok, err := l.Keys.Check(r.Context(), id, secret, l.Clock.Now())
	if err == nil && !ok {
		err = preau.E(preau.Unauthorized, "the key is unknown, revoked or over", "Make another with preau lrs key create.", nil)
	}
	return key, err
}

// need refuses a key that has none of the scopes.
func (q *request) need(scopes ...keys.Scope) error {
	if q.key.May(scopes...) {
		return nil
	}
	return preau.E(preau.Forbidden, fmt.Sprintf("the key may not do this: it needs one of %v", scopes), "Make a key with that scope.", nil)
}

// statusError is a refusal whose status no kind of error has.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

// cutOff is what went wrong once an answer had begun.
type cutOff struct{ err error }

func (e *cutOff) Error() string { return "the answer was cut off: " + e.err.Error() }
func (e *cutOff) Unwrap() error { return e.err }

// refuse writes why, as plain text: 1.0.3 asks for it (part three, 3.1), and
// people read it in their browser's console.
func (l *LRS) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, text := httpkit.Status(preau.KindOf(err)), ""
	var own *preau.Error
	var named *statusError
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &named):
		status, text = named.status, named.text
	case errors.Is(err, document.ErrPrecondition):
		status, text = http.StatusPreconditionFailed, "the document is not, or no longer, the one that the request names"
	case errors.As(err, &tooBig):
		status, text = http.StatusRequestEntityTooLarge, "the request is larger than what is taken in"
	case errors.As(err, &own):
		if text = own.Text; own.Remedy != "" {
			text += "\n" + own.Remedy
		}
	default:
		text = "something went wrong on the box"
	}
	id := httpkit.ShortID()
	level := l.Log.Debug
	if status >= 500 {
		level = l.Log.Error
		text += "\n" + id
	}
	level("xapi request refused", "id", id, "status", status, "method", r.Method, "path", r.URL.Path, "err", err)
	h := w.Header()
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="xAPI", charset="UTF-8"`)
	}
	for _, name := range []string{"ETag", "Last-Modified", "Content-Length"} {
		h.Del(name) // they described the answer that failed
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = fmt.Fprintln(w, text) // the reader may be gone
	}
}
