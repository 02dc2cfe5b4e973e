package budget

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"time"

	"preau/internal/durable"
)

// Kind is where bytes came from or went to.
type Kind string

// The kinds. The first two are the line's.
const (
	Origin Kind = "origin"
	Store  Kind = "store"
	Sister Kind = "sister"
	Stick  Kind = "stick"
)

// Line reports whether bytes of a kind are the line's, and therefore the
// month's.
func (k Kind) Line() bool { return k == Origin || k == Store }

// ahead is how much is written down before it is used: a box that is killed
// has counted at most this too much, and never too little.
const ahead = 8 << 20

// counter counts a month's bytes.
type counter struct {
	path  string
	Month string         `json:"month"` // 2026-11
	Used  map[Kind]int64 `json:"used"`
	noted int64          // bytes of the line that the file allows for
	step  int64
}

// openCounter goes on where the last run stood. A file that cannot be read is
// said and begun anew: a torn count must not stop a school.
func openCounter(path string, month int64) (*counter, error) {
	c := &counter{path: path, Used: map[Kind]int64{}, step: ahead}
	if month > 0 {
		c.step = max(min(ahead, month/100), 1)
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(b, c)
	}
	if err != nil || c.Used == nil {
		c.Used = map[Kind]int64{}
	}
	c.noted = c.line()
	if err != nil {
		return c, fmt.Errorf("read what was used of the line: %w", err)
	}
	return c, nil
}

// line is what was used of the line.
func (c *counter) line() (n int64) {
	for k, used := range c.Used {
		if k.Line() {
			n += used
		}
	}
	return n
}

// turn begins a new month when the time has come. A clock that is not sure
// never goes back to an earlier one.
func (c *counter) turn(now time.Time, sure bool) error {
	month := now.Format("2006-01")
	if month == c.Month || month < c.Month && !sure {
		return nil
	}
	c.Month, c.Used, c.noted = month, map[Kind]int64{}, 0
	return c.save(0)
}

// add counts n bytes.
func (c *counter) add(k Kind, n int64) error {
	c.Used[k] += n
	if !k.Line() || c.line() <= c.noted {
		return nil
	}
	return c.save(c.step)
}

// save writes the count down, with some of what comes next.
func (c *counter) save(more int64) error {
	file := counter{Month: c.Month, Used: maps.Clone(c.Used)}
	file.Used[Origin] += more
	c.noted = c.line() + more // also when it fails: not for each byte again
	b, err := json.Marshal(file)
	if err != nil {
		return fmt.Errorf("encode what was used of the line: %w", err)
	}
	return durable.WriteBytes(c.path, 0o600, append(b, '\n'))
}
