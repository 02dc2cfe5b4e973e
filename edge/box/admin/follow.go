package admin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"preau"
	"preau/internal/httpkit"
)

// maxEvent bounds a line of a long answer.
const maxEvent = 8 << 20

// Follow posts in as JSON and tells each event of the answer until it is
// over; the result is read into out (nil: not at all).
func (c *Client) Follow(ctx context.Context, path string, in, out any, tell func(preau.Progress)) error {
	b, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode the request: %w", err)
	}
	resp, err := c.request(ctx, "POST", path, "application/json", bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		var e httpkit.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("read the box's answer: %w", err)
		}
		switch {
		case e.Error != nil:
			return e.Error.Err()
		case e.Event == "done" && out != nil:
			if err := json.Unmarshal(e.Result, out); err != nil {
				return fmt.Errorf("read the box's answer: %w", err)
			}
			return nil
		case e.Event == "done":
			return nil
		case e.Progress != nil && tell != nil:
			tell(*e.Progress)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return preau.E(preau.Unavailable, "the box ended before it was done", "Run the command again: it goes on where it stopped.", lines.Err())
}
