package shelf

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"preau"
	"preau/internal/sqlite"
	"preau/media/catalogue/notice"
)

// Scope says what a wish or a pin names, the most specific last.
type Scope string

// The scopes.
const (
	All     Scope = "all"
	Kind    Scope = "kind"
	Level   Scope = "level"
	Service Scope = "service"
	Pack    Scope = "pack"
	Item    Scope = "item"
)

var specific = map[Scope]int{All: 1, Kind: 2, Level: 3, Service: 4, Pack: 5, Item: 6}

// Wish is what somebody asks the box to hold.
type Wish struct {
	Scope Scope  `json:"scope"`
	Name  string `json:"name,omitempty"` // none for all
	// Priority orders wishes, the highest first; from -100 to 100.
	Priority int   `json:"priority"`
	Parts    Parts `json:"parts,omitzero"`
}

// Pin is what never leaves the box.
type Pin struct {
	Scope Scope  `json:"scope"`
	Name  string `json:"name"`
}

const maxWishes = 500

// check makes a wish good, or says what is wrong with it.
func (s *Shelf) check(ctx context.Context, w *Wish) error {
	if err := w.Parts.check(); err != nil {
		return err
	}
	if w.Priority < -100 || w.Priority > 100 {
		return preau.E(preau.Invalid, "a priority is between -100 and 100", "Correct it.", nil)
	}
	if w.Scope == All && w.Name != "" {
		return preau.E(preau.Invalid, "“all” takes no name", "Give all, or a scope and a name.", nil)
	}
	return s.name(ctx, w.Scope, &w.Name)
}

// name finds what is named in the catalogue.
func (s *Shelf) name(ctx context.Context, scope Scope, name *string) error {
	known, what := true, "Give "+string(scope)+" and the name that the catalogue has for it."
	switch scope {
	case All:
	case Kind:
		known, what = notice.IsKind(*name), "Give video, audio, document, image, app, quiz, subject, offer or collection."
	case Level:
		if uri, ok := s.Items.Level(*name); ok {
			*name = uri
		} else {
			known, what = false, "Give a level such as 6e or CM2, or its URI."
		}
	case Service, Pack, Item:
		var err error
		if known, err = s.Items.Has(ctx, string(scope), *name); err != nil {
			return err
		}
	default:
		return preau.E(preau.Invalid, fmt.Sprintf("%.40q is no scope", scope), "Give all, kind, level, service, pack or item.", nil)
	}
	if !known {
		return preau.E(preau.NotFound, fmt.Sprintf("the catalogue has no %s %.100q", scope, *name), what, nil)
	}
	return nil
}

// Want keeps a wish; one of the same name is replaced.
func (s *Shelf) Want(ctx context.Context, w Wish) error {
	if err := s.check(ctx, &w); err != nil {
		return err
	}
	parts, err := json.Marshal(w.Parts)
	if err != nil {
		return fmt.Errorf("encode wish: %w", err)
	}
	err = s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM shelf_wish").Scan(&n); err != nil {
			return err
		}
		if n >= maxWishes {
			return preau.E(preau.TooLarge, fmt.Sprintf("the box has %d wishes already", n), "Wish for services or levels rather than for single resources.", nil)
		}
		_, err := tx.Exec(`INSERT INTO shelf_wish (scope, name, priority, parts, made) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET priority = excluded.priority, parts = excluded.parts, made = excluded.made`,
			string(w.Scope), w.Name, w.Priority, string(parts), tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("keep a wish: %w", err)
	}
	s.changed()
	return nil
}

// Unwant drops a wish. Without any, everything is wanted again.
func (s *Shelf) Unwant(ctx context.Context, scope Scope, name string) error {
	if scope == Level {
		if uri, ok := s.Items.Level(name); ok {
			name = uri
		}
	}
	return s.drop(ctx, "shelf_wish", "wish", scope, name)
}

// PinIt keeps something on the box for good.
func (s *Shelf) PinIt(ctx context.Context, p Pin) error {
	if p.Scope != Item && p.Scope != Pack && p.Scope != Service {
		return preau.E(preau.Invalid, "only an item, a pack or a service can be pinned", "Give item, pack or service and its name.", nil)
	}
	if err := s.name(ctx, p.Scope, &p.Name); err != nil {
		return err
	}
	err := s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec("INSERT INTO shelf_pin (scope, name, made) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", string(p.Scope), p.Name, tx.Now.UnixMilli())
		return err
	})
	if err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	s.changed()
	return nil
}

// Unpin lets something leave again.
func (s *Shelf) Unpin(ctx context.Context, p Pin) error {
	return s.drop(ctx, "shelf_pin", "pin", p.Scope, p.Name)
}

func (s *Shelf) drop(ctx context.Context, table, what string, scope Scope, name string) error {
	err := s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec("DELETE FROM "+table+" WHERE scope = ? AND name = ?", string(scope), name)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return preau.E(preau.NotFound, fmt.Sprintf("there is no %s for %s %.100q", what, scope, name), "preau content status lists them.", nil)
	})
	if err != nil {
		return fmt.Errorf("drop a %s: %w", what, err)
	}
	s.changed()
	return nil
}

// SetQuota bounds what content takes; 0: the disk alone does.
func (s *Shelf) SetQuota(ctx context.Context, bytes int64) error {
	if bytes < 0 {
		return preau.E(preau.Invalid, "a quota cannot be negative", "Give bytes such as 40G, or none.", nil)
	}
	if err := s.set(ctx, "quota", strconv.FormatInt(bytes, 10)); err != nil {
		return fmt.Errorf("set the quota: %w", err)
	}
	s.changed()
	return nil
}

func (s *Shelf) set(ctx context.Context, name, value string) error {
	return s.DB.Write(ctx, func(tx *sqlite.Tx) error {
		_, err := tx.Exec("INSERT INTO shelf_setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)
		return err
	})
}

// rules are what somebody decided.
type rules struct {
	wishes []Wish
	pins   []Pin
	quota  int64 // 0: none
}

func (s *Shelf) rules(ctx context.Context) (r rules, err error) {
	err = s.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rs, err := tx.Query("SELECT scope, name, priority, parts FROM shelf_wish ORDER BY made, scope, name")
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var w Wish
			var parts string
			if err := rs.Scan(&w.Scope, &w.Name, &w.Priority, &parts); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(parts), &w.Parts); err != nil {
				return fmt.Errorf("decode wish: %w", err)
			}
			r.wishes = append(r.wishes, w)
		}
		if err := rs.Err(); err != nil {
			return err
		}
		rs.Close()
		pins, err := tx.Query("SELECT scope, name FROM shelf_pin ORDER BY made, scope, name")
		if err != nil {
			return err
		}
		defer pins.Close()
		for pins.Next() {
			var p Pin
			if err := pins.Scan(&p.Scope, &p.Name); err != nil {
				return err
			}
			r.pins = append(r.pins, p)
		}
		if err := pins.Err(); err != nil {
			return err
		}
		pins.Close()
		return tx.QueryRow("SELECT coalesce((SELECT CAST(value AS INTEGER) FROM shelf_setting WHERE name = 'quota'), 0)").Scan(&r.quota)
	})
	if err != nil {
		return r, fmt.Errorf("read what is wished for: %w", err)
	}
	return r, nil
}
