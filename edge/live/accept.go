package live

import (
	"fmt"
	"net"
	"net/http"
	"slices"

	"github.com/gorilla/websocket"

	"preau"
	"preau/edge/live/door"
	"preau/edge/live/protocol"
)

// Handle answers GET /live: it refuses before the upgrade whoever has no
// business here, and hands the line to its reader. It returns at once, so
// that what net/http keeps for a request is freed.
func (h *Hub) Handle(w http.ResponseWriter, r *http.Request) error {
	if !door.SameHost(r) {
		return preau.E(preau.Forbidden, "this page is not from the box", "Open the box's own address.", nil)
	}
	who, err := h.o.Authorise(r)
	if err != nil {
		return fmt.Errorf("authorise live connection: %w", err)
	}
	switch who.Role {
	case protocol.RoleTeacher, protocol.RolePupil, protocol.RoleBoard:
	default:
		return preau.E(preau.Forbidden, "only pupils, teachers and boards enter a lesson", "", nil)
	}
	if !websocket.IsWebSocketUpgrade(r) || !slices.Contains(websocket.Subprotocols(r), protocol.Subprotocol) {
		return preau.E(preau.Invalid, "this address speaks websocket, subprotocol "+protocol.Subprotocol, "See docs/live-protocol.md.", nil)
	}
	addr, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		addr = r.RemoteAddr
	}
	c := &conn{hub: h, who: who, paired: who.Room, addr: addr, idle: make(chan struct{})}
	if err := h.door.Enter(who.Device, addr); err != nil {
		return err
	}
	up := websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 512, WriteBufferPool: &h.shakes,
		Subprotocols: []string{protocol.Subprotocol}, CheckOrigin: door.SameHost}
	ws, err := up.Upgrade(w, r, nil) // answers by itself when it fails
	if err != nil {
		h.door.Leave(who.Device, addr)
		h.log.Debug("live handshake failed", "addr", addr, "err", err)
		return nil
	}
	c.ws, c.line = ws, ws.NetConn()
	if !h.add(c) {
		_, _ = c.line.Write(protocol.CloseRestart.Frame()) // courtesy: it came as the box stopped
		_ = c.line.Close()
		h.door.Leave(who.Device, addr)
		return nil
	}
	// Whoever signed it out, unpaired or claimed it until now did not find it.
	// What the guard noted in the request's context is of before.
	switch now, err := h.o.Authorise(r.WithContext(h.ctx)); {
	case err == nil && now == who:
	case err == nil || preau.KindOf(err) != preau.Unauthorized:
		c.close(protocol.CloseTryLater) // it is judged anew as it comes back
	case who.Role == protocol.RoleBoard:
		c.close(protocol.CloseUnpaired)
	default:
		c.close(protocol.CloseSignedOut)
	}
	return nil
}

// add starts the connection's reader, unless the hub is closing.
func (h *Hub) add(c *conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing {
		return false
	}
	now := max(1, h.ms())
	c.heard.Store(now)
	c.pinged = now
	h.conns[c] = struct{}{}
	h.readers.Go(c.read)
	return true
}

// remove is the end of a connection; its reader calls it.
func (h *Hub) remove(c *conn) {
	_ = c.line.Close() // the peer may have closed it already
	c.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
	h.door.Leave(c.who.Device, c.addr)
	if c.room != nil {
		c.room.leave(c, h.now())
	}
}
