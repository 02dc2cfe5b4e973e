package boxtest

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/directory"
	"preau/edge/live/client"
)

// TestStop_InTheMiddleOfALesson asks the box to end while a class posts, a
// tablet is on the live line, another reads films and stops half-way and the
// store is away: it ends with 0 within ten seconds, and what it said yes to
// stays.
func TestStop_InTheMiddleOfALesson(t *testing.T) {
	b := NewBorne(t)
	b.Start()
	caughtUp(t, b)
	b.Store.Stop() // deliveries hang on a store that is away

	slow, err := net.Dial("tcp", strings.TrimPrefix(b.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	// More films than the sockets between could hold.
	if _, err := io.WriteString(slow, strings.Repeat("GET /blobs/"+largest(t, b)+" HTTP/1.1\r\nHost: preau.local\r\n\r\n", 20)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(slow, make([]byte, 1000)); err != nil { // and then no more
		t.Fatal(err)
	}
	k := &acknowledged{registrations: map[string]int{}, registers: map[preau.ID]bool{}}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { k.teach(ctx, t, b, account(t, b, directory.Teacher, 0)) })
	for i := range 2 {
		wg.Go(func() { k.learn(ctx, t, b, account(t, b, directory.Pupil, i), rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	pupil := NewVisitor(t, b)
	if err := pupil.SignIn(ctx, account(t, b, directory.Pupil, 3)); err != nil {
		t.Fatal(err)
	}
	line := client.New(client.Options{URL: b.URL(), Header: pupil.header(t)})
	wg.Go(func() { _ = line.Run(ctx) }) // ends with the test
	k.await(t, 5, 30)

	start := time.Now()
	if code := b.Stop(); code != 0 {
		t.Errorf("exit code %d, want 0\n%s", code, b.Log())
	}
	t.Logf("it ended %v after SIGTERM", time.Since(start).Round(time.Millisecond))
	cancel()
	wg.Wait()
	b.Store.Restart(t)
	b.Start()
	k.check(t, b)
	caughtUp(t, b)
}

// await waits until enough was acknowledged to prove something.
func (k *acknowledged) await(t *testing.T, registers, posts int) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		k.mu.Lock()
		enough := len(k.registers) >= registers && len(k.registrations) >= posts
		k.mu.Unlock()
		if enough {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the class does not get to work")
		}
	}
}

// header carries the cookies to the live line.
func (v *Visitor) header(t *testing.T) http.Header {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, v.b.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(req.URL) {
		req.AddCookie(c)
	}
	return req.Header
}

// largest is the box's largest blob.
func largest(t *testing.T, b *Borne) (name string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(b.Data, "content", "blobs", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > size {
			name, size = filepath.Base(path), info.Size()
		}
	}
	return name
}
