package boxtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"preau/edge/directory"
	"preau/edge/live/protocol"
)

// oldSession uses a session's cookie after the pupil signed out.
func (s *siege) oldSession(t *testing.T) {
	v := NewVisitor(t, s.Borne)
	if err := v.SignIn(t.Context(), account(t, s.Borne, directory.Pupil, 3)); err != nil {
		t.Fatal(err)
	}
	stolen := v.cookies(t)
	ws := s.enter(t, stolen)
	if _, err := v.Form(t.Context(), "/deconnexion", nil); err != nil {
		t.Fatal(err)
	}
	if code := sentAway(t, ws, 10*time.Second); code != int(protocol.CloseSignedOut) {
		t.Errorf("the line of who signed out ends with %d", code)
	}
	if _, resp := s.dial(t, stolen, nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the cookie after sign-out gets %s", resp.Status)
	}
}

// oldBoard claims with a code that was used, and uses the cookie of a board
// that was unpaired.
func (s *siege) oldBoard(t *testing.T) {
	if err := s.prof.JSON(t.Context(), "/live/claim", map[string]string{"code": s.code, "room": s.lesson}); err == nil || !strings.Contains(err.Error(), "409") {
		t.Errorf("a code used twice: %v", err)
	}
	cookie, _ := s.pair(t)
	ws := s.enter(t, cookie)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL()+"/live/unpair", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Cookie": {cookie}, "Content-Type": {"application/json"}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if code := sentAway(t, ws, 10*time.Second); code != int(protocol.CloseUnpaired) {
		t.Errorf("an unpaired board is sent away with %d", code)
	}
	if _, resp := s.dial(t, cookie, nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("its cookie then gets %s", resp.Status)
	}
}

// guessedLesson names a lesson that is not one's own: a pupil of another
// class, and a teacher who is not its teacher.
func (s *siege) guessedLesson(t *testing.T) {
	mine := account(t, s.Borne, directory.Pupil, 0).Group
	n := 0
	for account(t, s.Borne, directory.Pupil, n).Group == mine {
		n++
	}
	colleague := NewVisitor(t, s.Borne)
	if err := colleague.SignIn(t.Context(), account(t, s.Borne, directory.Teacher, 1)); err != nil {
		t.Fatal(err)
	}
	for who, cookie := range map[string]string{"a pupil of another class": s.pupil(t, n), "another teacher": colleague.cookies(t)} {
		ws, _ := s.dial(t, cookie, nil)
		s.send(t, ws, fmt.Sprintf(`{"t":"hello","room":%q,"epoch":1,"seq":1}`, s.lesson))
		first, second := map[string]any{}, map[string]any{}
		for _, m := range []*map[string]any{&first, &second} {
			if err := ws.ReadJSON(m); err != nil {
				t.Fatal(err)
			}
		}
		if first["t"] == "error" {
			first, second = second, first
		}
		if first["t"] != "welcome" || first["room"] != nil || first["state"] != nil || second["kind"] != "not-found" {
			t.Errorf("%s is told %v and %v", who, first, second)
		}
	}
	if err := colleague.JSON(t.Context(), "/live/claim", map[string]string{"code": "ABC234", "room": s.lesson}); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a board into a colleague's lesson: %v", err)
	}
}

// raw is a masked frame, with whatever first byte.
func raw(first byte, payload []byte) []byte {
	b := []byte{first, 0x80}
	switch n := len(payload); {
	case n < 126:
		b[1] |= byte(n)
	case n < 1<<16:
		b[1] |= 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] |= 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// frames are single messages that are wrong.
func (s *siege) frames(t *testing.T) {
	cookie := s.pupil(t, 4)
	for name, c := range map[string]struct {
		bytes []byte
		code  int // 0: any; what it still sends may reset the line before it reads why
	}{
		"not UTF-8":             {raw(0x81, []byte("{\"t\":\"hand\",\"up\":\"\xff\xfe\"}")), 1007},
		"binary":                {raw(0x82, []byte(`{"t":"hand","up":true}`)), 1003},
		"10 MB":                 {raw(0x81, bytes.Repeat([]byte("a"), 10<<20)), 0},
		"10 MB, said only":      {raw(0x81, bytes.Repeat([]byte("a"), 10<<20))[:14], 1009},
		"compressed":            {raw(0xc1, bytes.Repeat([]byte{0}, 1<<10)), 1002},
		"pieces without end":    {append(raw(0x01, nil), bytes.Repeat(raw(0x00, bytes.Repeat([]byte("a"), 1000)), 40)...), 1009},
		"unmasked":              {[]byte("\x81\x02{}"), 1002},
		"an unknown opcode":     {raw(0x83, nil), 1002},
		"a long control frame":  {raw(0x89, bytes.Repeat([]byte("a"), 126)), 1002},
		"a continuation of nil": {raw(0x80, []byte("{}")), 1002},
	} {
		ws := s.enter(t, cookie)
		_, err := ws.NetConn().Write(c.bytes)
		if code := sentAway(t, ws, 10*time.Second); c.code != 0 && code != c.code {
			t.Errorf("%s: closed with %d (wrote %v), want %d", name, code, err, c.code)
		}
		ws.Close()
	}
	if _, resp := s.dial(t, cookie, nil); resp.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Errorf("compression was agreed on: %q", resp.Header.Get("Sec-WebSocket-Extensions"))
	}
}

// floods are frames that are right, too many of them.
func (s *siege) floods(t *testing.T) {
	for i, c := range []struct {
		name  string
		frame []byte
	}{{"pings", raw(0x89, []byte("x"))}, {"pongs", raw(0x8a, nil)}, {"hands", raw(0x81, []byte(`{"t":"hand","up":true}`))}, {"hellos", raw(0x81, []byte(`{"t":"hello"}`))}} {
		ws := s.enter(t, s.pupil(t, 5+i))
		var wg sync.WaitGroup
		wg.Go(func() {
			block := bytes.Repeat(c.frame, 10)
			for range 100 { // slowly enough that what it is told is read before the line is reset
				if _, err := ws.NetConn().Write(block); err != nil {
					return
				}
				time.Sleep(5 * time.Millisecond) // a pace, not a wait
			}
		})
		if code := sentAway(t, ws, 10*time.Second); code != int(protocol.CloseFlood) {
			t.Errorf("a flood of %s is closed with %d", c.name, code)
		}
		ws.Close()
		wg.Wait()
	}
}

// manyLines opens a thousand connections from one device.
func (s *siege) manyLines(t *testing.T) {
	cookie := s.pupil(t, 9)
	var mu sync.Mutex
	codes := map[int]int{}
	var wg sync.WaitGroup
	tickets := make(chan struct{}, 1000)
	for range 1000 {
		tickets <- struct{}{}
	}
	close(tickets)
	for range 16 {
		wg.Go(func() {
			for range tickets {
				d := websocket.Dialer{Subprotocols: []string{protocol.Subprotocol}, HandshakeTimeout: 20 * time.Second}
				ws, resp, err := d.DialContext(t.Context(), "ws"+strings.TrimPrefix(s.URL(), "http")+"/live", http.Header{"Cookie": {cookie}})
				code := 0
				if resp != nil {
					code = resp.StatusCode
				} else if err != nil {
					t.Errorf("no answer: %v", err)
				}
				if ws != nil {
					_ = ws.WriteMessage(1, []byte(`{"t":"hello"}`)) // or it would be sent away and make room
					go func() {                                     // ends with the box
						for {
							if _, _, err := ws.ReadMessage(); err != nil {
								return
							}
						}
					}()
					t.Cleanup(func() { ws.Close() })
				}
				mu.Lock()
				codes[code]++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if codes[101] > 8 || codes[101] == 0 || codes[101]+codes[429] != 1000 {
		t.Errorf("answers to a thousand connections of one device: %v, want 8 of 101 and 429", codes)
	}
}

// slowHandshakes send their request a byte at a time, or nothing at all.
func (s *siege) slowHandshakes(t *testing.T) {
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for name, c := range map[string]struct{ addr, text string }{
		"HTTP, a byte at a time": {u.Host, "GET /live HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("a", 200)},
		"HTTP, nothing":          {u.Host, ""},
		"TLS, nothing":           {strings.TrimPrefix(s.tls, "https://"), ""},
		"TLS, a byte at a time":  {strings.TrimPrefix(s.tls, "https://"), "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("a", 200)},
	} {
		for range 25 {
			wg.Go(func() {
				conn, err := net.Dial("tcp", c.addr)
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				began := time.Now()
				wg.Go(func() {
					for i := range c.text {
						if _, err := conn.Write([]byte{c.text[i]}); err != nil {
							return
						}
						time.Sleep(200 * time.Millisecond) // the attack's pace
					}
				})
				if err := conn.SetReadDeadline(began.Add(20 * time.Second)); err != nil {
					t.Error(err)
				}
				if _, err := io.Copy(io.Discard, conn); err != nil {
					if ne, ok := err.(net.Error); ok && ne.Timeout() {
						t.Errorf("%s: still served after %v", name, time.Since(began))
					}
				}
			})
		}
	}
	wg.Wait()
}

// slowFrames are in the lesson, and hold on to their line without working:
// one never reads, one sends a message a byte at a time, one a message of
// empty pieces without end, answering pings all the while.
func (s *siege) slowFrames(t *testing.T) {
	var wg sync.WaitGroup
	gone := func(name string, ws *websocket.Conn) {
		began := time.Now()
		code := sentAway(t, ws, 20*time.Second)
		t.Logf("%s: sent away after %.1f s with %d", name, time.Since(began).Seconds(), code)
	}
	wg.Go(func() {
		ws := s.enter(t, s.pupil(t, 10))
		time.Sleep(12 * time.Second) // it does not read, hence answers no ping
		gone("never reads", ws)
	})
	wg.Go(func() {
		ws := s.enter(t, s.pupil(t, 11))
		slow := raw(0x81, bytes.Repeat([]byte(" "), 200))
		wg.Go(func() {
			for i := range slow {
				if _, err := ws.NetConn().Write(slow[i : i+1]); err != nil {
					return
				}
				time.Sleep(200 * time.Millisecond) // the attack's pace
			}
		})
		gone("a byte at a time", ws)
	})
	wg.Go(func() {
		ws := s.enter(t, s.pupil(t, 12))
		wg.Go(func() {
			if _, err := ws.NetConn().Write(raw(0x01, []byte("{"))); err != nil {
				return
			}
			for i := 0; ; i++ {
				b := bytes.Repeat(raw(0x00, nil), 50)
				if i%20 == 0 {
					b = append(b, raw(0x8a, nil)...) // alive, it says
				}
				if _, err := ws.NetConn().Write(b); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond) // the attack's pace
			}
		})
		gone("empty pieces without end", ws)
	})
	wg.Wait()
}

// scriptInName reads everywhere a pupil's name stands.
func (s *siege) scriptInName(t *testing.T) {
	s.enter(t, s.pupil(t, 0))
	colleague := NewVisitor(t, s.Borne)
	if err := colleague.SignIn(t.Context(), account(t, s.Borne, directory.Teacher, 0)); err != nil {
		t.Fatal(err)
	}
	ws, _ := s.dial(t, colleague.cookies(t), nil)
	s.send(t, ws, `{"t":"hello"}`)
	if err := ws.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		_, data, err := ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(`"t":"presence"`)) {
			if !bytes.Contains(data, []byte("Zo")) {
				t.Errorf("the pupil is not in the lesson: %s", data)
			}
			if bytes.ContainsAny(data, "<>") {
				t.Errorf("presence carries marks as they are: %s", data)
			}
			break
		}
	}
	seen := 0
	group := account(t, s.Borne, directory.Pupil, 0).Group
	for _, page := range []string{"/prof/appel/" + s.lesson, "/prof/classe/" + s.lesson, "/prof/suivi/" + group, "/connexion/classe/" + group} {
		_, text, err := colleague.Do(t.Context(), http.MethodGet, page, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("<img src=x")) || bytes.Contains(text, []byte("<script>alert(2)")) {
			t.Errorf("%s holds the script", page)
		}
		if bytes.Contains(text, []byte("&lt;script&gt;")) || bytes.Contains(text, []byte(`\u003cscript`)) {
			seen++
		}
	}
	if seen == 0 {
		t.Error("the name is on no page that was looked at")
	}
}
