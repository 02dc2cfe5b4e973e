package uplink

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/segment"
)

// plan is a row of uplink_segment: durable, so that a restart sends the same
// bytes to the same places.
type plan struct {
	id      int64
	stream  preau.Stream
	epoch   uint64
	first   uint64
	last    uint64
	head    place
	objects []place
	sent    bool // once in the store, whatever its state now
}

// place is an object on its way: the spool holds its bytes under its hash.
type place struct {
	Key    string `json:"key"`
	SHA256 string `json:"sha256"`
}

func (p plan) link() *segment.Link {
	return &segment.Link{Epoch: segment.EpochID(p.epoch), First: p.first, Last: p.last, SHA256: p.head.SHA256}
}

const planColumns = `id, stream, epoch, first, last, head_key, head_sha, objects, sent > 0`

func scanPlan(scan func(...any) error) (p plan, err error) {
	var objects string
	if err := scan(&p.id, &p.stream, &p.epoch, &p.first, &p.last, &p.head.Key, &p.head.SHA256, &objects, &p.sent); err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(objects), &p.objects); err != nil {
		return p, fmt.Errorf("decode plan: %w", err)
	}
	return p, nil
}

// plans lists the rows in a state, oldest first.
func plans(tx *sqlite.Tx, state string) (list []plan, err error) {
	rows, err := tx.Query(`SELECT `+planColumns+` FROM uplink_segment WHERE state = ? ORDER BY id`, state)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		p, err := scanPlan(rows.Scan)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, rows.Err()
}

func (u *Uplink) plans(ctx context.Context, state string) (list []plan, err error) {
	err = u.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		list, err = plans(tx, state)
		return err
	})
	return list, err
}

// unplan forgets what a stream has planned and not sent: nothing upstream
// depends on it, and the journal still holds its statements.
func unplan(tx *sqlite.Tx, stream preau.Stream) error {
	_, err := tx.Exec(`DELETE FROM uplink_segment WHERE stream = ? AND state = 'sealed' AND sent = 0`, string(stream))
	return err
}

// insertPlan replaces a row of the same place: an earlier life's cut wins.
func insertPlan(tx *sqlite.Tx, p plan, state string) error {
	objects, err := json.Marshal(p.objects)
	if err != nil {
		return fmt.Errorf("encode plan: %w", err)
	}
	_, err = tx.Exec(`INSERT OR REPLACE INTO uplink_segment (stream, epoch, first, last, head_key, head_sha, objects, state, made) VALUES (?,?,?,?,?,?,?,?,?)`,
		string(p.stream), int64(p.epoch), int64(p.first), int64(p.last), p.head.Key, p.head.SHA256, string(objects), state, tx.Now.UnixMilli())
	return err
}

// newest is the plan that the stream's next head links to; nil when there is
// none yet.
func (u *Uplink) newest(ctx context.Context, stream preau.Stream) (link *segment.Link, err error) {
	err = u.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		p, err := scanPlan(tx.QueryRow(`SELECT `+planColumns+` FROM uplink_segment WHERE stream = ? ORDER BY id DESC LIMIT 1`, string(stream)).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		link = p.link()
		return err
	})
	return link, err
}

// sealedUpTo tells for each stream and epoch how far plans reach.
func (u *Uplink) sealedUpTo(ctx context.Context) (upTo map[preau.Stream]map[uint64]uint64, err error) {
	upTo = map[preau.Stream]map[uint64]uint64{}
	err = u.cfg.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT stream, epoch, max(last) FROM uplink_segment GROUP BY stream, epoch`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var stream preau.Stream
			var epoch, last uint64
			if err := rows.Scan(&stream, &epoch, &last); err != nil {
				return fmt.Errorf("read plans: %w", err)
			}
			if upTo[stream] == nil {
				upTo[stream] = map[uint64]uint64{}
			}
			upTo[stream][epoch] = last
		}
		return rows.Err()
	})
	return upTo, err
}

// Names of notes.
const (
	noteReceipt     = "receipt"       // number of the last one read
	noteReceiptTime = "receipt-time"  // RFC 3339, by the authority's clock
	noteDelivery    = "last-delivery" // RFC 3339
	noteProblem     = "problem"       // JSON, absent when there is none
)

func note(tx *sqlite.Tx, name string) (string, error) {
	var v string
	err := tx.QueryRow(`SELECT value FROM uplink_note WHERE name = ?`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, err
}

func setNote(tx *sqlite.Tx, name, value string) error {
	if value == "" {
		_, err := tx.Exec(`DELETE FROM uplink_note WHERE name = ?`, name)
		return err
	}
	_, err := tx.Exec(`INSERT INTO uplink_note (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`, name, value)
	return err
}
