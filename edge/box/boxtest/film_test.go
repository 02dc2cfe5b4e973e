package boxtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
)

// TestFilm_IsSentByTheKernel pins sendfile through everything that stands
// before a film in the real box: a film copied by the process costs it a read
// and a write each 32 KiB. The short way, and the long one: a condition that
// fails is net/http's to judge.
func TestFilm_IsSentByTheKernel(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	caughtUp(t, b)
	name := largest(t, b)
	const times = 30
	var size int64
	ask := func(header ...string) {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, b.URL()+"/blobs/"+name, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if size, err = io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d, %d bytes, %v", resp.StatusCode, size, err)
		}
	}
	ask() // the connection, and what is to be learned
	if size < 512<<10 {
		t.Fatalf("the largest film of the sample has %d bytes", size)
	}
	for way, header := range map[string][]string{"short": nil, "long": {"If-None-Match", `"another"`}} {
		before := calls(t, b)
		for range times {
			ask(header...)
		}
		made, copied := calls(t, b)-before, times*size/(32<<10)*2
		if made > copied/2 {
			t.Errorf("the %s way: %d reads and writes for %d films of %d bytes; copied by the process it would be %d", way, made, times, size, copied)
		}
	}
}

// calls counts the reads and writes that the box has made.
func calls(t *testing.T, b *Borne) (n int64) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", b.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var k int64
		if _, err := fmt.Sscanf(line, "syscr: %d", &k); err == nil {
			n += k
		}
		if _, err := fmt.Sscanf(line, "syscw: %d", &k); err == nil {
			n += k
		}
	}
	return n
}
