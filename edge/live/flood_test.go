package live_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"preau/edge/live"
	"preau/edge/live/protocol"
)

func TestFlood_AThousandLinesOfOneDeviceLeaveRoomForTheOthers(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	codes := map[int]int{}
	for range 1000 {
		_, resp, err := b.dial(as("pupil", "p1", "6B/tablet-1/"))
		if resp == nil {
			t.Fatal(err)
		}
		codes[resp.StatusCode]++
	}
	if codes[http.StatusSwitchingProtocols] != 8 || codes[http.StatusTooManyRequests] != 992 {
		t.Errorf("answers: %v", codes)
	}
	if ines := b.join(as("pupil", "p2", "6B/tablet-2/")); ines.Here().Room == nil {
		t.Error("another device found no place")
	}
	if n := b.hub.Stats().Conns; n != 9 {
		t.Errorf("%d lines are held", n)
	}
}

// TestGuess_OfRoomsTellsNothingAndIsEnded sends the ids of rooms to see which
// exist: what is not one's own is answered like what is not there.
func TestGuess_OfRoomsTellsNothingAndIsEnded(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("secret")
	ws, _, err := b.dial(as("pupil", "p9", "5A//"))
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string]int{}
	for _, room := range []string{"secret", "nothing"} {
		if err := ws.WriteMessage(1, fmt.Appendf(nil, `{"t":"hello","room":%q,"epoch":1,"seq":1}`, room)); err != nil {
			t.Fatal(err)
		}
		for heard := 0; heard < 2; heard++ {
			_, data, err := ws.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
			delete(m, "now")
			text, _ := json.Marshal(m)
			answers[string(text)]++
		}
	}
	for text, n := range answers {
		if n != 2 || strings.Contains(text, "secret") {
			t.Errorf("%d times %s: the two rooms are told apart", n, text)
		}
	}
	for range 100 {
		if ws.WriteMessage(1, []byte(`{"t":"hello","room":"guess"}`)) != nil {
			break
		}
	}
	if got := closedWith(t, ws); got != int(protocol.CloseFlood) {
		t.Errorf("closed with %d, want 4501", got)
	}
}

// TestSlowloris_OnFramesHoldsNoLine sends a frame byte by byte, and pings
// instead of hello: neither keeps the line.
func TestSlowloris_OnFramesHoldsNoLine(t *testing.T) {
	b := newBox(t, live.Limits{Hello: 400 * time.Millisecond, Ping: 200 * time.Millisecond, Silence: 600 * time.Millisecond})
	b.start("r1")
	t.Run("a frame byte by byte", func(t *testing.T) {
		ws, _, err := b.dial(pupil("p1"))
		if err != nil {
			t.Fatal(err)
		}
		if err := ws.WriteMessage(1, []byte(`{"t":"hello"}`)); err != nil {
			t.Fatal(err)
		}
		line := ws.NetConn()
		began := time.Now()
		if _, err := line.Write([]byte{0x81, 0x80 | 126, 0x3f, 0xff, 0, 0, 0, 0}); err != nil { // a text of 16 KiB, masked
			t.Fatal(err)
		}
		for {
			if _, err := line.Write([]byte("a")); err != nil {
				break
			}
			if time.Since(began) > 5*time.Second {
				t.Fatal("the line is still held")
			}
			<-time.After(20 * time.Millisecond)
		}
	})
	t.Run("pings for a hello", func(t *testing.T) {
		ws, _, err := b.dial(pupil("p2"))
		if err != nil {
			t.Fatal(err)
		}
		go func() { // ends with the line
			for ws.WriteMessage(9, nil) == nil {
				<-time.After(100 * time.Millisecond)
			}
		}()
		if got := closedWith(t, ws); got != int(protocol.CloseNoHello) {
			t.Errorf("closed with %d, want 4500", got)
		}
	})
	wait(t, "the hub to forget them", func() bool { return b.hub.Stats().Conns == 0 })
}

// TestReplay_OfAnOldRequestOrRoomDoesNothing sends again what was good once.
func TestReplay_OfAnOldRequestOrRoomDoesNothing(t *testing.T) {
	b := newBox(t, live.Limits{})
	b.start("r1")
	ines := b.join(pupil("p1"))
	b.attention(3)
	b.wait("her events", func() bool { return ines.Here().Seq == 3 })
	old := ines.Here()
	b.start("r2") // the class moves on; r1 is over
	b.wait("the next room", func() bool { r := ines.Here().Room; return r != nil && r.ID == "r2" })
	ws, _, err := b.dial(pupil("p1"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(1, fmt.Appendf(nil, `{"t":"hello","epoch":%d,"seq":%d}`, old.Epoch, 1)); err != nil {
		t.Fatal(err)
	}
	_, data, err := ws.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	m, err := protocol.DecodeServer(data)
	if w, ok := m.(*protocol.Welcome); err != nil || !ok || w.Resumed || w.Room == nil || w.Room.ID != "r2" || w.State == nil {
		t.Errorf("an old number of another room was answered by %s", data)
	}
	if _, err := b.hub.Command(t.Context(), "r1", live.Identity{Role: protocol.RoleTeacher, Person: "t1"}, &protocol.Attention{On: true}); err == nil {
		t.Error("a command to a room that is over was taken")
	}
}
