package pairing_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"preau"
	"preau/edge/live/pairing"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
)

// rooms is one lesson, r1, of teacher t1.
type rooms struct {
	mu       sync.Mutex
	moved    map[string]string
	unpaired []string
	over     bool
}

func (r *rooms) InSession(room string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return room == "r1" && !r.over
}
func (r *rooms) Teaches(room, person string) bool {
	return r.InSession(room) && strings.HasPrefix(person, "t")
}
func (r *rooms) Move(board, room string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moved[board] = room
}
func (r *rooms) Unpair(board string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unpaired = append(r.unpaired, board)
}

type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) State() preau.ClockState { return preau.ClockSynced }

type box struct {
	t     *testing.T
	url   string
	path  string // of the database
	rooms *rooms
	clock *clock
	p     *pairing.Pairing
}

func newBox(t *testing.T) *box {
	t.Helper()
	b := &box{t: t, path: filepath.Join(t.TempDir(), "preau.db"), rooms: &rooms{moved: map[string]string{}}, clock: &clock{}}
	db, err := sqlite.Open(t.Context(), b.path, b.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := pairing.Open(t.Context(), pairing.Options{DB: db, Clock: b.clock, Rooms: b.rooms, ClaimPath: "/prof/tableau",
		Teacher: func(r *http.Request) (pairing.Teacher, error) {
			who := r.Header.Get("X-Who")
			if who == "" {
				return pairing.Teacher{}, preau.E(preau.Unauthorized, "nobody signed in", "", nil)
			}
			return pairing.Teacher{Person: who, Device: r.Header.Get("X-Device")}, nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	kit := &httpkit.Kit{Log: slog.New(slog.DiscardHandler)}
	p.Install(func(pattern string, h httpkit.Handler) { kit.HandleFunc(mux, pattern, h) })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	b.url, b.p = srv.URL, p
	return b
}

type answer struct {
	Board, Room, Place, Code, Link string
	Expires                        int64
	QR                             struct {
		Size int
		Path string
	}
}

// board is a browser with its own cookies.
func (b *box) board() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

func (b *box) post(c *http.Client, path, who, body string) (int, answer) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), "POST", b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if who != "" {
		req.Header.Set("X-Who", who)
		req.Header.Set("X-Device", "device of "+who)
	}
	resp, err := c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var a answer
	if resp.StatusCode < 300 && len(text) > 0 {
		if err := json.Unmarshal(text, &a); err != nil {
			b.t.Fatalf("%s: %v", text, err)
		}
	}
	return resp.StatusCode, a
}

func (b *box) claim(who, code string) int {
	b.t.Helper()
	status, _ := b.post(http.DefaultClient, "/live/claim", who, fmt.Sprintf(`{"code":%q,"room":"r1","place":"Salle 204"}`, code))
	return status
}

func (b *box) expect(what string, got, want int) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("%s: answered %d, want %d", what, got, want)
	}
}

func TestBoard_IsClaimedOnceAndRemembered(t *testing.T) {
	b := newBox(t)
	wall := b.board()
	status, shown := b.post(wall, "/live/boards", "", "{}")
	b.expect("introduction", status, 201)
	if len(shown.Code) != 6 || strings.ContainsAny(shown.Code, "IO01") || shown.QR.Size < 21 || !strings.HasPrefix(shown.QR.Path, "M") {
		t.Fatalf("the board shows %+v", shown)
	}
	b.expect("nobody", b.claim("", shown.Code), 401)
	b.expect("a pupil", b.claim("p1", shown.Code), 404)
	typed := strings.ToLower(shown.Code[:3]) + " - " + shown.Code[3:]
	b.expect("the teacher", b.claim("t1", typed), 200)
	if b.rooms.moved[shown.Board] != "r1" {
		t.Errorf("the board was not brought in: %v", b.rooms.moved)
	}
	b.expect("the same code again", b.claim("t2", shown.Code), 409)
	_, secret, _ := strings.Cut(shown.Link, "/prof/tableau#")
	b.expect("the QR of the same offer", b.claim("t3", secret), 409)

	status, back := b.post(wall, "/live/boards", "", "{}")
	if status != 200 || back.Room != "r1" || back.Place != "Salle 204" || back.Board != shown.Board {
		t.Errorf("after a reload: %d %+v", status, back)
	}
	b.rooms.mu.Lock()
	b.rooms.over = true
	b.rooms.mu.Unlock()
	status, next := b.post(wall, "/live/boards", "", "{}")
	if status != 201 || next.Board != shown.Board || next.Place != "Salle 204" || next.Code == shown.Code {
		t.Errorf("after the lesson: %d %+v", status, next)
	}
}

func TestCode_ByQRExpiredLostOrUnknown(t *testing.T) {
	b := newBox(t)
	wall := b.board()
	_, first := b.post(wall, "/live/boards", "", "{}")
	_, second := b.post(wall, "/live/boards", "", "{}")
	b.expect("a code the board has replaced", b.claim("t1", first.Code), 404)
	_, secret, _ := strings.Cut(second.Link, "#")
	b.clock.ahead.Store(int64(11 * time.Minute))
	b.expect("an expired code", b.claim("t1", second.Code), 410)
	b.expect("an expired QR", b.claim("t1", secret), 410)
	_, third := b.post(wall, "/live/boards", "", "{}")
	if _, secret, _ = strings.Cut(third.Link, "#"); third.Board != first.Board {
		t.Error("the board became another one")
	}
	b.expect("the QR", b.claim("t1", secret), 200)
	for _, bad := range []string{"", "ABC", "ABCDE0", "ABCDEFG", strings.Repeat("A", 1000)} {
		b.expect(bad+" is no code", b.claim("t1", bad), 400)
	}
}

func TestGuessing_IsSlowerThanACodesLife(t *testing.T) {
	b := newBox(t)
	_, shown := b.post(b.board(), "/live/boards", "", "{}")
	var wg sync.WaitGroup
	var missed, limited atomic.Int64
	for i := range 40 {
		wg.Go(func() {
			switch b.claim("t1", fmt.Sprintf("AAAA%c%c", 'A'+i%8, 'A'+i/8)) {
			case 404:
				missed.Add(1)
			case 429:
				limited.Add(1)
			}
		})
	}
	wg.Wait()
	if missed.Load() > 5 || limited.Load() < 30 {
		t.Errorf("%d guesses were looked at, %d refused", missed.Load(), limited.Load())
	}
	b.expect("the right code, too late", b.claim("t1", shown.Code), 429)
	b.expect("another teacher is not locked out", b.claim("t2", shown.Code), 200)
	b.clock.ahead.Store(int64(6 * time.Minute))
	_, again := b.post(b.board(), "/live/boards", "", "{}")
	b.expect("after the wait", b.claim("t1", again.Code), 200)
}

func TestUnpair_MakesTheCookieWorthless(t *testing.T) {
	b := newBox(t)
	wall, other := b.board(), b.board()
	_, shown := b.post(wall, "/live/boards", "", "{}")
	_, stranger := b.post(other, "/live/boards", "", "{}")
	b.expect("claim", b.claim("t1", shown.Code), 200)
	status, _ := b.post(http.DefaultClient, "/live/unpair", "p1", `{"board":"`+shown.Board+`"}`)
	b.expect("by a pupil", status, 404)
	status, _ = b.post(other, "/live/unpair", "", `{"board":"`+shown.Board+`"}`)
	b.expect("by another board", status, 401)
	status, _ = b.post(http.DefaultClient, "/live/unpair", "t1", `{"board":"`+stranger.Board+`"}`)
	b.expect("a board of no lesson", status, 404)
	status, _ = b.post(http.DefaultClient, "/live/unpair", "t1", `{"board":"`+shown.Board+`"}`)
	b.expect("by its teacher", status, 204)
	if len(b.rooms.unpaired) != 1 || b.rooms.unpaired[0] != shown.Board {
		t.Errorf("told to forget: %v", b.rooms.unpaired)
	}
	status, fresh := b.post(wall, "/live/boards", "", "{}")
	if status != 201 || fresh.Board == shown.Board {
		t.Errorf("the old cookie still works: %d %+v", status, fresh)
	}
	status, _ = b.post(wall, "/live/unpair", "", `{}`)
	b.expect("by itself", status, 204)
}

func TestDisk_HoldsNoCodeAndNoToken(t *testing.T) {
	b := newBox(t)
	wall := b.board()
	req, err := http.NewRequestWithContext(t.Context(), "POST", b.url+"/live/boards", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := wall.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var a answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	cookie := resp.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("cookie %+v", cookie)
	}
	_, secret, _ := strings.Cut(a.Link, "#")
	for _, file := range []string{b.path, b.path + "-wal"} {
		data, err := os.ReadFile(file)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		for name, s := range map[string]string{"code": a.Code, "secret": secret, "token": cookie.Value} {
			if bytes.Contains(data, []byte(s)) {
				t.Errorf("%s holds the %s", filepath.Base(file), name)
			}
		}
	}
}

func TestBoards_CannotFillTheBox(t *testing.T) {
	b := newBox(t)
	codes := map[int]int{}
	for range 25 {
		status, _ := b.post(b.board(), "/live/boards", "", "{}")
		codes[status]++
	}
	if codes[201] != 20 || codes[429] != 5 {
		t.Errorf("25 boards from one address: %v", codes)
	}
}
