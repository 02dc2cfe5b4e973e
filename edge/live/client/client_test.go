package client_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"preau/edge/live/client"
	"preau/edge/live/protocol"
)

// TestClient_SaysHelloBeforeAnythingElse has others speak without pause while
// lines come and go: a box sends away for good who speaks before hello.
func TestClient_SaysHelloBeforeAnythingElse(t *testing.T) {
	const lines = 100
	first := make(chan protocol.Message, lines)
	up := websocket.Upgrader{Subprotocols: []string{protocol.Subprotocol}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			return // it has answered
		}
		defer ws.Close()
		_, data, err := ws.ReadMessage()
		if err != nil {
			return // the test has ended
		}
		m, err := protocol.Decode(data)
		if err != nil {
			t.Error(err)
		}
		select {
		case first <- m:
		default: // enough were seen
		}
	}))
	defer srv.Close()
	c := client.New(client.Options{URL: srv.URL, Retry: time.Millisecond})
	var all sync.WaitGroup
	defer all.Wait()
	ctx, stop := context.WithCancel(t.Context())
	defer stop() // before the wait
	for range 4 {
		all.Go(func() {
			for ctx.Err() == nil {
				_ = c.Send(&protocol.Hand{Up: true}) // there may be no line
				runtime.Gosched()
			}
		})
	}
	all.Go(func() {
		if err := c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	for n := range lines {
		select {
		case m := <-first:
			if _, ok := m.(*protocol.Hello); !ok {
				t.Fatalf("line %d began with %s", n, protocol.KindOf(m))
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d lines in 20 s", n, lines)
		}
	}
}
