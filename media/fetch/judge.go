package fetch

import (
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"preau"
)

// judge reads from an answer's head at which offset its body begins, or why
// it is not the blob of that size.
func judge(resp *http.Response, name string, size int64) (at int64, err error) {
	if err := refusal(resp, name); err != nil {
		return 0, err
	}
	length := resp.ContentLength
	if resp.StatusCode == http.StatusPartialContent {
		var end, total int64
		at, end, total, err = contentRange(resp.Header.Get("Content-Range"))
		if err != nil || total >= 0 && total != size || end >= size || length >= 0 && length != end-at+1 {
			return 0, preau.E(preau.Corrupt, fmt.Sprintf("%s answers the range %.60q of %d bytes for a blob of %d", name, resp.Header.Get("Content-Range"), length, size),
				"Tell whoever keeps this server; its Range answers are wrong.", err)
		}
		return at, nil
	}
	// A blob may be a page of an exercise; of another length, it is a portal's.
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if kind == "text/html" && length != size {
		return 0, portal(name)
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return 0, preau.E(preau.Unavailable, fmt.Sprintf("something between the box and %s encodes files as %.20q", name, coding), "Let the box through the school's proxy unfiltered.", nil)
	}
	if length >= 0 && length != size {
		return 0, preau.E(preau.Corrupt, fmt.Sprintf("%s offers %d bytes for a blob of %d", name, length, size), "Publish the catalogue again with its blobs.", nil)
	}
	return 0, nil
}

// refusal turns a status that is not success into its kind.
func refusal(resp *http.Response, name string) error {
	status := fmt.Sprintf("%s answers %.60s", name, resp.Status)
	switch code := resp.StatusCode; {
	case code == http.StatusOK, code == http.StatusPartialContent:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone:
		return preau.E(preau.NotFound, name+" has not this blob", "Publish the catalogue again with its blobs.", nil)
	case code == http.StatusNetworkAuthenticationRequired, code >= 300 && code < 400:
		return portal(name)
	case code == http.StatusProxyAuthRequired:
		return preau.E(preau.Forbidden, "the school's proxy wants a password ("+status+")", "Put it in the box's HTTPS_PROXY, or let the box through.", nil)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return preau.E(preau.Forbidden, status, "Ask whoever keeps this server, or the school's filter, to let the box through.", nil)
	case code == http.StatusRequestedRangeNotSatisfiable:
		return preau.E(preau.Corrupt, name+" has a shorter file under this blob's name", "Publish the catalogue again with its blobs.", nil)
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		if until, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok {
			return busy(name, until)
		}
	}
	return preau.E(preau.Unavailable, status, "Nothing to do: the box tries again by itself.", nil)
}

func portal(name string) error {
	return preau.E(preau.Unavailable, "a web page answers instead of "+name+" (a captive portal or a proxy)", "Let the box through the school's proxy, or sign in to the portal.", nil)
}

func busy(name string, until time.Time) error {
	return preau.E(preau.RateLimited, name+" has too much to do", "Nothing to do: the box comes back when it was asked to.", &Later{until})
}

// maxRest bounds what an origin may ask for: a mistake there must not keep a
// school without content for a year.
const maxRest = time.Hour

// retryAfter reads a Retry-After header: seconds or a date (RFC 9110, 10.2.3).
func retryAfter(header string, now time.Time) (time.Time, bool) {
	if n, err := strconv.ParseUint(header, 10, 32); err == nil {
		return now.Add(min(time.Duration(n)*time.Second, maxRest)), true
	}
	t, err := http.ParseTime(header)
	if err != nil || t.Before(now) {
		return time.Time{}, false
	}
	if limit := now.Add(maxRest); t.After(limit) {
		t = limit
	}
	return t, true
}

// contentRange reads "bytes first-last/total"; total is -1 when it is "*".
func contentRange(header string) (first, last, total int64, err error) {
	bad := fmt.Errorf("%.60q is no Content-Range", header)
	unit, rest, ok := strings.Cut(header, " ")
	span, size, ok2 := strings.Cut(rest, "/")
	from, to, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 || !strings.EqualFold(unit, "bytes") {
		return 0, 0, 0, bad
	}
	total = -1
	numbers := map[*int64]string{&first: from, &last: to}
	if size != "*" {
		numbers[&total] = size
	}
	for n, text := range numbers {
		v, err := strconv.ParseUint(text, 10, 63)
		if err != nil {
			return 0, 0, 0, bad
		}
		*n = int64(v)
	}
	if last < first || total >= 0 && last >= total {
		return 0, 0, 0, bad
	}
	return first, last, total, nil
}
