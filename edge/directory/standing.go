package directory

import (
	"context"
	"encoding/json"
	"fmt"

	"preau/internal/sqlite"
)

// Standing is what of a person decides, now, what they may do.
type Standing struct {
	Person
	Class string // id of the first of ClassesOf; empty: none
}

// Standings finds those of some people who are at school, by their ids.
func (d *Directory) Standings(ctx context.Context, pids []string) (map[string]Standing, error) {
	list, err := json.Marshal(pids)
	if err != nil {
		return nil, fmt.Errorf("list people: %w", err)
	}
	here, err := d.people(ctx, personColumns+`WHERE p.closed IS NULL AND p.pid IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return nil, err
	}
	found := make(map[string]Standing, len(here))
	for _, p := range here {
		found[p.ID] = Standing{Person: p}
	}
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT e.pid, c.id FROM enrolment e JOIN class c ON c.id = e.class
			WHERE c.closed IS NULL AND e.closed IS NULL AND e.pid IN (SELECT value FROM json_each(?)) ORDER BY c.kind, c.sort`, string(list))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var pid, class string
			if err := rows.Scan(&pid, &class); err != nil {
				return err
			}
			if s, ok := found[pid]; ok && s.Class == "" {
				s.Class = class
				found[pid] = s
			}
		}
		return rows.Err()
	})
	return found, wrap("read classes of people", err)
}
