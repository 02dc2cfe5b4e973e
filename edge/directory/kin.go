package directory

import (
	"context"

	"preau/internal/sqlite"
)

// Kin lists the classes that share pupils with one: the groups of a division,
// the divisions of a group. Two groups of one division are none: half classes
// have their lessons at one time.
func (d *Directory) Kin(ctx context.Context, class string) (ids []string, err error) {
	err = d.db.Read(ctx, func(tx *sqlite.Tx) error {
		return each(tx, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		}, `SELECT grp FROM class_part WHERE division = ? UNION SELECT division FROM class_part WHERE grp = ? ORDER BY 1`, class, class)
	})
	return ids, wrap("read groups of a class", err)
}
