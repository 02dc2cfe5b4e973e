package holding

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/trust"
)

// Part is one publisher's share of a generation; the catalogue's own has the
// publisher "".
type Part struct {
	Publisher string
	Index     string // the hash of its index
	Packs     []int64
	Pages     map[string][]byte // of its list, by their hash
	Shelf     *trust.Shelf      // what was just verified; nil: what is held stays
}

// HeldPage looks pages up; one that cannot be read is fetched again.
func (k *Keeper) HeldPage(ctx context.Context) func(sum string) []byte {
	return func(sum string) (body []byte) {
		err := k.db.Read(ctx, func(tx *sqlite.Tx) error {
			return tx.QueryRow("SELECT body FROM catalogue_page WHERE sha256 = ?", sum).Scan(&body)
		})
		if err != nil || fmt.Sprintf("%x", sha256.Sum256(body)) != sum {
			return nil
		}
		return body
	}
}

// partOf is what the newest generation that has something of a publisher has.
func (k *Keeper) partOf(ctx context.Context, publisher string) (Part, error) {
	p := Part{Publisher: publisher, Pages: map[string][]byte{}}
	err := k.db.Read(ctx, func(tx *sqlite.Tx) error {
		var generation int64
		err := tx.QueryRow(`SELECT g.id, s.index_sha256 FROM catalogue_generation g JOIN catalogue_part s ON s.generation = g.id AND s.publisher = ?
			WHERE g.state IN ('staging', 'current') ORDER BY g.state = 'staging' DESC LIMIT 1`, publisher).Scan(&generation, &p.Index)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		rs, err := tx.Query(`SELECT p.id FROM catalogue_generation_pack gp JOIN catalogue_pack p ON p.id = gp.pack
			WHERE gp.generation = ? AND p.publisher = ? ORDER BY p.id`, generation, publisher)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var id int64
			if err := rs.Scan(&id); err != nil {
				return fmt.Errorf("read pack: %w", err)
			}
			p.Packs = append(p.Packs, id)
		}
		return rs.Err()
	})
	if err != nil {
		return Part{}, fmt.Errorf("find what is held of %s: %w", publisher, err)
	}
	return p, nil
}

func writePart(tx *sqlite.Tx, generation int64, p Part) error {
	if _, err := tx.Exec("INSERT INTO catalogue_part (generation, publisher, index_sha256) VALUES (?, ?, ?)", generation, p.Publisher, p.Index); err != nil {
		return err
	}
	for _, pack := range p.Packs {
		if _, err := tx.Exec("INSERT INTO catalogue_generation_pack (generation, pack) VALUES (?, ?)", generation, pack); err != nil {
			return err
		}
	}
	for sum, body := range p.Pages {
		if _, err := tx.Exec("INSERT INTO catalogue_page (sha256, body) VALUES (?, ?) ON CONFLICT DO NOTHING", sum, body); err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO catalogue_generation_page (generation, sha256) VALUES (?, ?) ON CONFLICT DO NOTHING", generation, sum); err != nil {
			return err
		}
	}
	return nil
}

// Twice is the error of an item that is in two packs, which would break the
// switch. The catalogue itself is the first, else whose item readers see now:
// nobody takes an id from another by signing it. Else it is the earlier in the
// catalogue's order of publishers.
type Twice struct{ Item, First, Second string }

func (t *Twice) Error() string { return t.Item + " is in two packs" }

func findTwice(tx *sqlite.Tx, generation int64, parts []Part) error {
	t := &Twice{}
	// What is live is there once already: only new packs are looked at.
	err := tx.QueryRow(`SELECT i.item FROM catalogue_generation_pack gp CROSS JOIN catalogue_item i ON i.pack = gp.pack
		CROSS JOIN catalogue_item o ON o.item = i.item AND o.id <> i.id
		CROSS JOIN catalogue_generation_pack og ON og.generation = gp.generation AND og.pack = o.pack
		WHERE gp.generation = ? AND `+Hidden+` LIMIT 1`, generation).Scan(&t.Item)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	rs, err := tx.Query(`SELECT p.publisher FROM catalogue_generation_pack gp JOIN catalogue_item i ON i.pack = gp.pack
		JOIN catalogue_pack p ON p.id = gp.pack WHERE gp.generation = ? AND i.item = ?`, generation, t.Item)
	if err != nil {
		return err
	}
	defer rs.Close()
	owners := map[string]int{}
	for rs.Next() {
		var owner string
		if err := rs.Scan(&owner); err != nil {
			return fmt.Errorf("read pack: %w", err)
		}
		owners[owner]++
	}
	if err := rs.Err(); err != nil {
		return err
	}
	var order []string
	for _, p := range parts {
		if n := owners[p.Publisher]; n > 1 {
			t.First, t.Second = p.Publisher, p.Publisher
			return t
		} else if n == 1 {
			order = append(order, p.Publisher)
		}
	}
	var holder string
	err = tx.QueryRow("SELECT p.publisher FROM catalogue_item i JOIN catalogue_pack p ON p.id = i.pack WHERE i.item = ? AND i.live = 1", t.Item).Scan(&holder)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if i := slices.Index(order, holder); err == nil && i > 0 && order[0] != "" {
		order[0], order[i] = holder, order[0]
	}
	t.First, t.Second = order[0], order[1]
	return t
}

// Refusal is why a publisher's part is not renewed.
type Refusal struct {
	Publisher string
	Err       error
}

// Refused is a refusal as it is remembered, for people.
type Refused struct {
	Publisher string    `json:"publisher"`
	At        time.Time `json:"at"`
	Reason    string    `json:"reason,omitempty"`
	Text      string    `json:"text"`
	Remedy    string    `json:"remedy"`
}

// NoteRefusals remembers whose parts were refused at the last refresh.
func (k *Keeper) NoteRefusals(ctx context.Context, refusals []Refusal) error {
	err := k.db.Write(ctx, func(tx *sqlite.Tx) error {
		if _, err := tx.Exec("DELETE FROM catalogue_refusal"); err != nil {
			return err
		}
		for _, r := range refusals {
			text := r.Err.Error()
			if e, ok := errors.AsType[*preau.Error](r.Err); ok {
				text = e.Text
			}
			if _, err := tx.Exec(`INSERT INTO catalogue_refusal (publisher, at, reason, text, remedy) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT (publisher) DO UPDATE SET reason = excluded.reason, text = excluded.text, remedy = excluded.remedy`,
				r.Publisher, tx.Now.UnixMilli(), string(trust.ReasonOf(r.Err)), text, preau.RemedyOf(r.Err)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remember what was refused: %w", err)
	}
	return nil
}

// Refusals lists what was refused at the last refresh.
func (k *Keeper) Refusals(ctx context.Context) (list []Refused, err error) {
	err = k.db.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT publisher, at, reason, text, remedy FROM catalogue_refusal ORDER BY publisher")
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var r Refused
			var at int64
			if err := rs.Scan(&r.Publisher, &at, &r.Reason, &r.Text, &r.Remedy); err != nil {
				return fmt.Errorf("read a refusal: %w", err)
			}
			r.At = time.UnixMilli(at).UTC()
			list = append(list, r)
		}
		return rs.Err()
	})
	return list, err
}
