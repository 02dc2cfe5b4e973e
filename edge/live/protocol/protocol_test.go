package protocol_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"preau"
	"preau/edge/live/protocol"
)

func TestDecode_RefusesWhatIsOutsideTheLimits(t *testing.T) {
	for _, text := range []string{
		``, `null`, `[]`, `"x"`, `{}`, `{"t":5}`, `{"t":"welcome"}`, `{"t":"nonsense"}`,
		`{"t":"open"}`, `{"t":"open","item":""}`, `{"t":"open","item":"a\u0000b"}`, `{"t":"open","item":7}`,
		`{"t":"open","item":"x","position":-1}`, `{"t":"open","item":"x","position":1e99}`, `{"t":"open","item":"x","rate":9}`,
		`{"t":"open","item":"x","to":"everyone"}`, `{"t":"seek","position":-0.1}`, `{"t":"rate","rate":0}`, `{"t":"lower"}`,
		`{"t":"open","item":"x","for":["p1"]}`, `{"t":"open","item":"x","to":"boards","for":["p1"]}`, `{"t":"close","to":"pupils","for":[""]}`,
		`{"t":"open","item":"x","page":-1}`, `{"t":"open","item":"x","step":3,"of":2}`,
		`{"t":"ink","launch":"l","strokes":[]}`, `{"t":"ink","launch":"l","strokes":[{"id":"a","tool":"pen","color":"#000000","width":0.01,"points":[0,0]}]}`,
		`{"t":"ink","launch":"l","strokes":[{"id":"a","tool":"pen","color":"red","width":0.01,"points":[0,0,0]}]}`,
		`{"t":"ink","launch":"l","strokes":[{"id":"a","tool":"pen","color":"#000000","width":0.01,"points":[0,0,1.1]}]}`,
		`{"t":"ink","launch":"l","strokes":[{"id":"a","tool":"spray","color":"#000000","width":0.01,"points":[0,0,0]}]}`,
		`{"t":"ink","launch":"l","strokes":[{"id":"a","tool":"pen","color":"#000000","width":0.5,"points":[0,0,0]}]}`,
		`{"t":"ink","launch":"l","strokes":[{"id":"a","tool":"pen","color":"#00000g","width":0.01,"points":[0,0,0]}]}`,
		`{"t":"rub"}`, `{"t":"rub","launch":"l","ids":[]}`, `{"t":"close","to":"pupils","for":[]}`, `{"t":"rub","launch":"l","ids":[""]}`, `{"t":"point","launch":"l","x":2,"y":0}`,
		`{"t":"ask","kind":"choice","text":"?","choices":["one"]}`, `{"t":"ask","kind":"truefalse","text":"?","choices":["a","b"]}`, `{"t":"ask","kind":"essay","text":"?"}`,
		`{"t":"ask","kind":"text","text":"a\u0007"}`, `{"t":"ask","kind":"choice","choices":["","\u0007"]}`, `{"t":"ask-show"}`, `{"t":"ask","kind":"text","text":"?","multiple":true}`, `{"t":"ask-close"}`, `{"t":"ask-close","id":"q","reveal":{"right":[[1]]}}`,
		`{"t":"answer","id":"q"}`, `{"t":"answer","id":"q","value":{}}`, `{"t":"answer","id":"q","value":true}`, `{"t":"answer","id":"q","value":[1,1]}`,
		`{"t":"answer","id":"q","value":[8]}`, `{"t":"answer","id":"q","value":""}`, `{"t":"answer","id":"q","value":1e99}`, `{"t":"answer","id":"q","value":"a\u0007"}`,
		`{"t":"timer","seconds":0}`, `{"t":"timer","seconds":86401}`, `{"t":"ask","kind":"text","seconds":3601}`, `{"t":"answer","id":"q","value":1000000000001}`, `{"t":"timer","seconds":1e9}`, `{"t":"share","yes":true,"position":-1}`, `{"t":"invite"}`, `{"t":"share-ask"}`,
		`{"t":"status","progress":2}`, `{"t":"status","mood":"angry"}`, `{"t":"ack","seq":-4}`, `{"t":"ready","width":-1}`,
	} {
		if m, err := protocol.Decode([]byte(text)); err == nil {
			t.Errorf("%s is accepted as %+v", text, m)
		} else if preau.KindOf(err) != preau.Invalid {
			t.Errorf("%s: kind %v, want invalid", text, preau.KindOf(err))
		}
	}
	if _, err := protocol.Decode([]byte("{\"t\":\"ping\",\"c\":1,\"x\":\"\xff\"}")); !errors.Is(err, protocol.ErrUTF8) {
		t.Errorf("got %v, want ErrUTF8", err)
	}
}

func TestMay_PupilsAndBoardsCommandNothing(t *testing.T) {
	allowed := map[protocol.Role]string{
		protocol.RolePupil:   "hello ping hand ack status answer share",
		protocol.RoleBoard:   "hello ping ack status ready ink rub point",
		protocol.RoleTeacher: "hello ping open play pause seek rate close attention lower end ink rub point chalk ask ask-close ask-end ask-show timer timer-stop timer-pause timer-go share-ask invite leave",
		"technician":         "hello ping",
		"":                   "hello ping",
	}
	for role, list := range allowed {
		for _, m := range inbound {
			want := strings.Contains(" "+list+" ", " "+string(protocol.KindOf(m))+" ")
			if protocol.May(role, m) != want {
				t.Errorf("%q may %s: got %v, want %v", role, protocol.KindOf(m), !want, want)
			}
		}
		for _, m := range outbound {
			if protocol.May(role, m) {
				t.Errorf("%q may send %s", role, protocol.KindOf(m))
			}
		}
	}
}

func TestCloseCode_RangesSayWhetherToReconnect(t *testing.T) {
	doc, err := os.ReadFile("../../../docs/live-protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[protocol.CloseCode]string{
		protocol.CloseRestart: "| 1012 | reconnect", protocol.CloseTryLater: "| 1013 | reconnect",
		protocol.CloseSilent: "| 4001 | reconnect", protocol.CloseNormal: "| 1000 | stop", protocol.CloseProtocol: "| 1002, 1003 | stop",
		protocol.CloseNotText: "| 1002, 1003 | stop", protocol.CloseNotUTF8: "| 1007 | stop", protocol.CloseTooBig: "| 1009 | stop",
		protocol.CloseNoHello: "| 4500 | stop", protocol.CloseFlood: "| 4501 | stop", protocol.CloseUnpaired: "| 4502 | stop",
		protocol.CloseSignedOut: "| 4503 | stop",
	} {
		if code.Reconnect() != strings.HasSuffix(want, "reconnect") {
			t.Errorf("%d: reconnect is %v", code, code.Reconnect())
		}
		if !bytes.Contains(doc, []byte(want)) {
			t.Errorf("the protocol's page lacks %q", want)
		}
	}
}

// TestFrame_IsReadByGorilla checks our framing against a reader that is not
// ours, at each header size.
func TestFrame_IsReadByGorilla(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 65535, 65536} {
		text := bytes.Repeat([]byte("a"), n)
		left, right := net.Pipe()
		go func() {
			_, _ = left.Write(protocol.Frame(text)) // the reader's side fails the test
			_, _ = left.Write(protocol.CloseRestart.Frame())
		}()
		conn := clientOver(t, right)
		kind, got, err := conn.ReadMessage()
		if err != nil || kind != websocket.TextMessage || !bytes.Equal(got, text) {
			t.Errorf("%d bytes: kind %d, %d bytes, %v", n, kind, len(got), err)
		}
		if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, 1012) {
			t.Errorf("got %v, want close 1012", err)
		}
		conn.Close()
	}
}

// clientOver makes a client side connection on a line whose handshake is
// answered here.
func clientOver(t *testing.T, line net.Conn) *websocket.Conn {
	t.Helper()
	ours, theirs := net.Pipe()
	go func() {
		buf := make([]byte, 4096)
		n, _ := theirs.Read(buf) // the request, whole: a pipe hands over one write
		key := ""
		for _, l := range strings.Split(string(buf[:n]), "\r\n") {
			if v, ok := strings.CutPrefix(l, "Sec-WebSocket-Key: "); ok {
				key = v
			}
		}
		_, _ = io.WriteString(theirs, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "+accept(key)+"\r\n\r\n")
		go func() { _, _ = io.Copy(io.Discard, theirs) }() // close answers; ends with conn
		_, _ = io.Copy(theirs, line)
	}()
	d := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return ours, nil }}
	conn, _, err := d.DialContext(t.Context(), "ws://x/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestEncodeWelcome_SaysWhatEncodeSays(t *testing.T) {
	st := &protocol.State{Attention: true, Timer: &protocol.Timer{ID: "t", To: protocol.ToAll, Ends: 5}}
	w := protocol.Welcome{You: protocol.You{ID: "p", Role: protocol.RolePupil}, Ping: 4000, Room: &protocol.Room{ID: "r"}, Epoch: 1, Seq: 2}
	text, err := json.Marshal(st)
	if err != nil {
		t.Fatal(err)
	}
	got, err := protocol.EncodeWelcome(&w, text)
	if err != nil {
		t.Fatal(err)
	}
	w.State = st
	want, err := protocol.Encode(&w)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %s, want %s (%v)", got, want, err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, m := range inbound {
		b, err := protocol.Encode(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(`{"t":"open","item":"ark:/99999/x","position":1e3,"playing":true,"to":"boards"}`))
	f.Add([]byte(`{"t":"open","item":"ark:/99999/pack","page":3,"to":"pupils","for":["p-1"]}`))
	f.Add([]byte(`{"t":"open","item":"ark:/99999/pack","page":-1,"path":"../../etc/passwd"}`))
	f.Add([]byte(`{"t":"seek","position":4,"to":"all"}`))
	f.Add([]byte(`{"t":"hello","room":"r","epoch":9007199254740993,"seq":-1}`))
	f.Add([]byte("{\"t\":\"status\",\"item\":\"\\ud800\"}"))
	f.Add([]byte(`{"t":"ink","launch":"l","page":2,"strokes":[{"id":"a","tool":"marker","color":"#ff8800","width":0.05,"points":[0,0.5,1,0.1,0.2,0.3]}]}`))
	f.Add([]byte(`{"t":"answer","id":"q","value":[2,0]}`))
	f.Add([]byte(`{"t":"answer","id":"q","value":-1.5e3}`))
	f.Add([]byte(`{"t":"ask","kind":"choice","text":"?","choices":["a","b"],"multiple":true,"seconds":30}`))
	f.Add([]byte(`{"t":"ask-close","id":"q","reveal":{"right":[0,"x",1.5]}}`))
	f.Add([]byte(`{"t":"close","to":"pupils","for":["p-1","p-2"]}`))
	f.Add([]byte(`{"T":"hand","up":true,"up":false}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := protocol.Decode(data)
		if err != nil {
			return
		}
		b, err := protocol.Encode(m)
		if err != nil {
			t.Fatalf("accepted, but cannot be written: %v", err)
		}
		if _, err := protocol.Decode(b); err != nil {
			t.Fatalf("%s is accepted, its own form %s is not: %v", data, b, err)
		}
	})
}

func FuzzHello(f *testing.F) {
	f.Add("room-1", int64(1), int64(2))
	f.Add("", int64(0), int64(-1))
	f.Fuzz(func(t *testing.T, room string, epoch, seq int64) {
		b, err := protocol.Encode(&protocol.Hello{Room: room, Epoch: epoch, Seq: seq})
		if err != nil {
			t.Fatal(err)
		}
		m, err := protocol.Decode(b)
		if err != nil {
			return
		}
		if h := m.(*protocol.Hello); len(h.Room) > 64 || h.Epoch < 0 || h.Seq < 0 {
			t.Fatalf("accepted %+v", h)
		}
	})
}
