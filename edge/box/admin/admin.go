// Package admin is the door for commands on the box itself: JSON over a unix
// socket in the data folder, or straight into the handlers of a box that is
// opened for the one command because none is running. It promises that a
// command works the same both ways and that nobody but the folder's owner
// gets in (the socket's mode is 0600); it refuses the network.
package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"preau"
	"preau/internal/httpkit"
)

// socket is the door's name in the data folder.
const socket = "admin.sock"

// maxAnswer bounds a JSON answer; documents are streamed.
const maxAnswer = 64 << 20

// Listen opens the door of the box that holds data. What a killed box left
// behind is replaced: the folder's lock says that nobody else serves it.
func Listen(data string) (net.Listener, error) {
	short, done, err := shorten(data)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(short); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old command socket: %w", err)
	}
	ln, err := net.Listen("unix", short)
	if err != nil {
		return nil, fmt.Errorf("open the command socket: %w", err)
	}
	// The name given to bind dies with this call's descriptor: whoever closes
	// the listener must not remove by it.
	ln.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := os.Chmod(filepath.Join(data, socket), 0o600); err != nil {
		ln.Close()
		return nil, fmt.Errorf("close the command socket to others: %w", err)
	}
	return ln, nil
}

// shorten names the socket through a descriptor of its folder: the kernel
// takes 107 bytes, and data folders may be deeper than that.
func shorten(data string) (path string, done func(), err error) {
	dir, err := os.Open(data)
	if err != nil {
		return "", nil, fmt.Errorf("open the data folder: %w", err)
	}
	return "/proc/self/fd/" + strconv.Itoa(int(dir.Fd())) + "/" + socket, func() { dir.Close() }, nil
}

// Client speaks to the door.
type Client struct {
	http  *http.Client
	close func()
}

// Dial finds the running box of data; preau.NotFound when none runs.
func Dial(ctx context.Context, data string) (*Client, error) {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		short, done, err := shorten(data)
		if err != nil {
			return nil, err
		}
		defer done()
		var d net.Dialer
		return d.DialContext(ctx, "unix", short)
	}
	conn, err := dial(ctx, "", "")
	if err != nil {
		return nil, preau.E(preau.NotFound, "no box runs in "+data, "Start it with preau serve --data "+data+".", err)
	}
	conn.Close()
	transport := &http.Transport{DialContext: dial}
	return &Client{&http.Client{Transport: transport}, transport.CloseIdleConnections}, nil
}

// Within speaks to handlers in this process; end is called by Close.
func Within(h http.Handler, end func()) *Client {
	return &Client{&http.Client{Transport: inProcess{h}}, end}
}

// Close ends the conversation.
func (c *Client) Close() { c.close() }

// Do sends in as JSON (nil: nothing) and reads the answer into out (nil: not
// at all). A refusal comes back as the error the box returned.
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	return c.send(ctx, method, path, "application/json", body, out)
}

// Upload posts a file and reads the answer into out.
func (c *Client) Upload(ctx context.Context, path string, body io.Reader, out any) error {
	return c.send(ctx, http.MethodPost, path, "application/octet-stream", body, out)
}

func (c *Client) send(ctx context.Context, method, path, kind string, body io.Reader, out any) error {
	resp, err := c.request(ctx, method, path, kind, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(out); err != nil {
		return fmt.Errorf("read the box's answer: %w", err)
	}
	return nil
}

// Download copies a document to w.
func (c *Client) Download(ctx context.Context, path string, w io.Writer) error {
	resp, err := c.request(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(w, resp.Body); err != nil {
		return fmt.Errorf("read the box's answer: %w", err)
	}
	return nil
}

func (c *Client) request(ctx context.Context, method, path, kind string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://box"+path, body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the box: %w", err)
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	var p struct {
		Error httpkit.Problem `json:"error"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer)).Decode(&p); err != nil {
		return nil, preau.E(preau.Internal, "the box answers "+resp.Status, "See its log.", err)
	}
	return nil, p.Error.Err()
}
