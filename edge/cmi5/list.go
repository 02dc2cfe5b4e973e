package cmi5

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"preau/edge/cmi5/course"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
)

// List lists the courses, the last imported first.
func (c *Courses) List(ctx context.Context) ([]Entry, error) {
	found := []Entry{}
	err := c.db.Read(ctx, func(tx *sqlite.Tx) error {
		rows, err := tx.Query(`SELECT id, publisher, structure, units, imported, (SELECT count(*) FROM cmi5_file f WHERE f.course = c.id)
			FROM cmi5_course c ORDER BY imported DESC, id LIMIT 1000`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var e Entry
			var raw string
			var at int64
			if err := rows.Scan(&e.ID, &e.Publisher, &raw, &e.Units, &at, &e.Files); err != nil {
				return err
			}
			var title struct {
				Title course.Text `json:"title"`
			}
			if err := json.Unmarshal([]byte(raw), &title); err != nil {
				return err
			}
			e.Title, e.Imported = title.Title.In("fr"), time.UnixMilli(at).UTC()
			found = append(found, e)
		}
		return rows.Err()
	})
	return found, err
}

// InstallAdmin adds the commands' side: import and list.
func (c *Courses) InstallAdmin(handle func(pattern string, h httpkit.Handler)) {
	handle("POST /admin/courses", func(w http.ResponseWriter, r *http.Request) error {
		e, err := c.Import(r.Context(), r.Body)
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, e)
	})
	handle("GET /admin/courses", func(w http.ResponseWriter, r *http.Request) error {
		all, err := c.List(r.Context())
		if err != nil {
			return err
		}
		return httpkit.WriteJSON(w, http.StatusOK, all)
	})
}
