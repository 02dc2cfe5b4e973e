package plan

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"preau/internal/sqlite"
)

// Soon is an item that somebody is to open.
type Soon struct {
	Item string
	At   time.Time // when its plan opens, or now
}

// late is how long after it was due a plan still counts as being done.
const late = 7 * 24 * time.Hour

// Upcoming lists the items of the plans that are open or open before a moment,
// whoever they were given to.
func (p *Plans) Upcoming(ctx context.Context, now, until time.Time) (list []Soon, err error) {
	err = p.config.DB.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT p.tree, min(r.opens) FROM registration r JOIN plan p ON p.id = r.plan
			WHERE r.closed IS NULL AND p.closed IS NULL AND r.opens <= ?1 AND (r.ends IS NULL OR r.ends > ?2) AND (r.due IS NULL OR r.due > ?3)
			GROUP BY p.id`, until.UnixMilli(), now.UnixMilli(), now.Add(-late).UnixMilli())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var tree string
			var opens int64
			if err := rows.Scan(&tree, &opens); err != nil {
				return err
			}
			var nodes []Node
			if err := json.Unmarshal([]byte(tree), &nodes); err != nil {
				return fmt.Errorf("decode plan: %w", err)
			}
			at := moment(opens)
			if at.Before(now) {
				at = now
			}
			for n := range Walk(nodes) {
				if n.Item != "" {
					list = append(list, Soon{n.Item, at})
				}
			}
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list what is opened soon: %w", err)
	}
	return list, nil
}
