package journal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal/codec"
)

// Forgotten is what Forget did.
type Forgotten struct {
	Emptied  int // statements of which only id, place and time are left
	Redacted int // statements about others that no longer name the person
	Waiting  int // statements that are not receipted yet: Purge comes back for them
}

// Forget takes a person out of the journal. A statement about them, or made
// by them in a stream that follows people's work, is emptied: id, place and
// time stay, so that numbers are dense and the id is not used again, and
// readers take it for absent. Where a statement is about somebody else, only
// the name goes. That a person is to be forgotten (VerbErased) stays said.
//
// What is not receipted must leave first: it is counted as waiting, and taken
// out by a later Purge. Killed, or called again, it goes on with what is left.
func (j *Journal) Forget(ctx context.Context, pid string) (done Forgotten, err error) {
	if pid == "" {
		return done, preau.E(preau.Invalid, "nobody to forget: the id is empty", "Give the id of a person who left.", nil)
	}
	err = j.db.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec(`INSERT INTO journal_forget (pid, asked) VALUES (?, ?) ON CONFLICT DO NOTHING`, pid, tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return done, fmt.Errorf("note a person to forget: %w", err)
	}
	j.moving.Lock()
	defer j.moving.Unlock()
	all, err := j.forget(ctx, []person{newPerson(pid)})
	return all[0], err
}

// forgetRest goes on with those whose last statements waited: all at once, for
// where nothing is ever receipted they wait long, and each reading is of the
// whole journal.
func (j *Journal) forgetRest(ctx context.Context) error {
	var people []person
	err := j.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT pid FROM journal_forget ORDER BY asked`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var pid string
			if err := rows.Scan(&pid); err != nil {
				return err
			}
			people = append(people, newPerson(pid))
		}
		return rows.Err()
	})
	if err == nil && len(people) > 0 {
		_, err = j.forget(ctx, people)
	}
	return err
}

// forget says what it did for each.
func (j *Journal) forget(ctx context.Context, people []person) (done []Forgotten, err error) {
	done = make([]Forgotten, len(people))
	for ordinal := int64(1); ordinal <= j.ordinal; ordinal++ {
		for _, policy := range Streams() {
			place := placeOf(ordinal, policy.Stream)
			if err := j.forgetBlocks(ctx, people, place, done); err != nil {
				return done, fmt.Errorf("forget in the blocks of %s: %w", policy.Stream, err)
			}
			if err := j.forgetRows(ctx, people, place, done); err != nil {
				return done, fmt.Errorf("forget in the rows of %s: %w", policy.Stream, err)
			}
		}
	}
	err = j.db.Write(ctx, func(tx *sqlite.Tx) error {
		for i, who := range people {
			if done[i].Waiting > 0 {
				continue
			}
			if _, err := tx.Exec(`DELETE FROM journal_forget WHERE pid = ?`, who.pid); err != nil {
				return err
			}
		}
		return nil
	})
	return done, err
}

// forgetAtOnce is how many blocks, or blocks' worth of rows, are looked
// through between two writes.
const forgetAtOnce = 32

// replaceRow writes a young statement anew.
func (j *Journal) replaceRow(tx *sqlite.Tx, key int64, st *preau.Statement) error {
	if _, err := tx.Exec(`DELETE FROM journal WHERE key = ?`, key); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO journal (key, id, data) VALUES (?, ?, ?)`, key, st.ID[:], codec.AppendRow(nil, st))
	return err
}

// remade is a block with people taken out.
type remade struct {
	packedBlock
	edition int64
}

func (j *Journal) forgetBlocks(ctx context.Context, people []person, p place, done []Forgotten) error {
	first, end := p.ends()
	for {
		var made []remade
		seen := 0
		err := j.db.Read(ctx, func(tx *sqlite.Tx) error {
			upTo, err := acked(tx, p)
			if err != nil {
				return err
			}
			rows, err := tx.Query(`SELECT first, last, stored, edition, data FROM journal_block WHERE first BETWEEN ? AND ? ORDER BY first LIMIT ?`, first, end, forgetAtOnce)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var b remade
				var stored int64
				if err := rows.Scan(&b.first, &b.last, &stored, &b.edition, &b.data); err != nil {
					return err
				}
				seen, first = seen+1, b.last+1
				sts, changed, err := j.without(people, b, done, b.last <= p.key(upTo))
				if err != nil {
					return err
				}
				if changed {
					b.stored = sts[len(sts)-1].Stored
					if b.data, err = j.coder.AppendBlock(nil, sts); err != nil {
						return err
					}
					made = append(made, b)
				}
			}
			return rows.Err()
		})
		if err == nil && len(made) > 0 {
			err = j.db.Write(ctx, func(tx *sqlite.Tx) error { return replaceBlocks(tx, made) })
		}
		if err != nil {
			return err
		}
		if seen < forgetAtOnce {
			return nil
		}
	}
}

// without reads a block and takes people out of its statements; of one that
// is not wholly receipted it counts what waits.
func (j *Journal) without(people []person, b remade, done []Forgotten, receipted bool) (sts []*preau.Statement, changed bool, err error) {
	block, err := j.open(b.first, b.last, b.data)
	if err != nil {
		return nil, false, err
	}
	for key := b.first; key <= b.last; key++ {
		st, err := j.fromBlock(key, block, int(key-b.first))
		if err != nil {
			return nil, false, err
		}
		changed = take(people, done, st, receipted) || changed
		sts = append(sts, st)
	}
	return sts, changed, nil
}

func replaceBlocks(tx *sqlite.Tx, made []remade) error {
	for _, b := range made {
		if _, err := tx.Exec(`DELETE FROM journal_block WHERE first = ?`, b.first); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO journal_block (first, last, stored, edition, data) VALUES (?, ?, ?, ?, ?)`,
			b.first, b.last, b.stored.UnixMilli(), b.edition+1, b.data)
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetRows does the same with the young.
func (j *Journal) forgetRows(ctx context.Context, people []person, p place, done []Forgotten) error {
	from := p.key(0)
	for {
		var sts []*preau.Statement
		err := j.db.Write(ctx, func(tx *sqlite.Tx) error {
			upTo, err := acked(tx, p)
			if err != nil {
				return err
			}
			if sts, err = j.young(tx, p, from, forgetAtOnce*blockOf); err != nil {
				return err
			}
			for _, st := range sts {
				if !take(people, done, st, st.Seq <= upTo) {
					continue
				}
				if err := j.replaceRow(tx, p.key(st.Seq), st); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(sts) < forgetAtOnce*blockOf {
			return nil
		}
		from = p.key(sts[len(sts)-1].Seq + 1)
	}
}

// take changes st as far as it tells of people, and reports whether it did; a
// statement that must stay whole for now is counted only.
func take(people []person, done []Forgotten, st *preau.Statement, receipted bool) (changed bool) {
	for i, who := range people {
		empty, redact := who.in(st)
		switch {
		case !empty && !redact:
			continue
		case !receipted:
			done[i].Waiting++
			continue
		case empty:
			done[i].Emptied++
			who.empty(st)
		default:
			done[i].Redacted++
			who.redact(st)
		}
		changed = true
	}
	return changed
}

// person is whom to forget.
type person struct {
	pid    string
	quoted []byte // as a JSON string
}

func newPerson(pid string) person {
	quoted, _ := json.Marshal(pid) // a string always encodes
	return person{pid, quoted}
}

// in says what a statement tells of the person.
func (w person) in(st *preau.Statement) (empty, redact bool) {
	if st.Verb == VerbErased || st.Verb == VerbForgotten {
		return false, false
	}
	if st.Object == w.pid {
		return true, false
	}
	if st.Actor == w.pid {
		// Who took a roll may go; that it was taken is the class's.
		keeps := st.Stream == preau.StreamAttendance || st.Stream == preau.StreamTelemetry
		return !keeps, keeps
	}
	for _, raw := range []json.RawMessage{st.Result, st.Context, st.Raw} {
		if bytes.Contains(raw, w.quoted) {
			return false, true
		}
	}
	return false, false
}

// empty leaves id, place and time.
func (person) empty(st *preau.Statement) {
	*st = preau.Statement{ID: st.ID, Stream: st.Stream, Epoch: st.Epoch, Seq: st.Seq, HLC: st.HLC, ClockState: st.ClockState,
		Verb: VerbForgotten, Timestamp: st.Stored, Stored: st.Stored}
}

func (w person) redact(st *preau.Statement) {
	if st.Actor == w.pid {
		st.Actor = ""
	}
	for _, raw := range []*json.RawMessage{&st.Result, &st.Context, &st.Raw} {
		*raw = bytes.ReplaceAll(*raw, w.quoted, []byte(`"forgotten"`))
	}
}
