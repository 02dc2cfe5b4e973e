package fetch

import (
	"fmt"
	"testing"
	"time"
)

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-9/10", "bytes 5-9/*", "bytes */10", "bytes 9-0/10", "bytes 0-10/10", "bytes 0-99999999999999999999/*", "items 0-1/2", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, last, total, err := contentRange(s)
		if err != nil {
			return
		}
		if first < 0 || last < first || total >= 0 && last >= total {
			t.Fatalf("%q is read as %d-%d/%d", s, first, last, total)
		}
		size := "*"
		if total >= 0 {
			size = fmt.Sprint(total)
		}
		again := fmt.Sprintf("bytes %d-%d/%s", first, last, size)
		if f2, l2, t2, err := contentRange(again); err != nil || f2 != first || l2 != last || t2 != total {
			t.Fatalf("%q is read as %q, which is read as %d-%d/%d, %v", s, again, f2, l2, t2, err)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"120", "-1", "0", "Mon, 23 Nov 2026 10:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "4294967296", "soon"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		until, ok := retryAfter(s, now)
		if ok && (until.Before(now) || until.Sub(now) > maxRest) {
			t.Fatalf("%q is read as %v", s, until)
		}
	})
}
