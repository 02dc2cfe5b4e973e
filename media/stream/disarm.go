package stream

import (
	"net/http"
	"strings"
)

// inert are the types that a browser never runs in the page's origin: media,
// fonts, plain text, and PDF, whose viewer has an origin of its own (and
// would not start in a sandbox).
func inert(mime string) bool {
	kind, _, _ := strings.Cut(mime, "/")
	switch kind {
	case "video", "audio", "font":
		return true
	case "image":
		return !strings.Contains(mime, "svg") && !strings.Contains(mime, "xml")
	}
	return mime == "application/pdf" || mime == "text/vtt" || mime == "text/plain" || mime == "application/octet-stream"
}

// disarm returns the type under which a blob is shown on the main origin.
// There a publisher's page would have the pupil's session, so it is shown
// without scripts and without an origin, and a script is only text to read.
// Pages that must run do so on the second origin (PackHandler).
func disarm(h http.Header, mime string) string {
	if mime == "" {
		return "application/octet-stream"
	}
	bare, _, _ := strings.Cut(mime, ";")
	bare = strings.ToLower(strings.TrimSpace(bare))
	if inert(bare) {
		return mime
	}
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	if strings.Contains(bare, "script") || bare == "text/css" || bare == "application/wasm" {
		return "text/plain; charset=utf-8"
	}
	return mime
}
