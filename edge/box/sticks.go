package box

import (
	"context"

	"preau/edge/pages/technicien"
)

// boxSticks shows the technician what is plugged in.
type boxSticks struct{ *Box }

// Plugged implements technicien.Sticks.
func (b boxSticks) Plugged(ctx context.Context) (list []technicien.Stick, err error) {
	offered, err := b.supply.Sticks(ctx)
	for _, o := range offered {
		list = append(list, technicien.Stick{
			Path: o.Path, Made: o.Label.Made.In(b.zone).Format("02/01/2006"), By: o.Label.By, Whole: o.Label.Whole,
			Packs: len(o.Label.Packs), Files: o.Files, Size: megabytes(o.Bytes), Problem: o.Problem,
		})
	}
	return list, err
}

// Importing implements technicien.Sticks.
func (b boxSticks) Importing() *technicien.Import {
	last, ok := b.supply.Imported()
	if !ok {
		return nil
	}
	i := &technicien.Import{Path: last.Path, Running: last.Running, Files: last.Done.Files, Size: megabytes(last.Done.Bytes), Missing: last.Done.Missing}
	if p := last.Progress; p.Bytes > 0 {
		i.Percent = int(p.BytesDone * 100 / p.Bytes)
	}
	if last.Err != nil {
		i.Failed = last.Err.Error()
	}
	return i
}

// Start implements technicien.Sticks.
func (b boxSticks) Start(path string) error { return b.supply.StartImport(path) }

// megabytes is a size for the page, whose words have the unit.
func megabytes(n int64) int64 { return (n + 999_999) / 1_000_000 }
