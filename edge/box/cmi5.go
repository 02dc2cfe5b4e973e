package box

import (
	"context"

	"preau/edge/cmi5"
)

// openCourses opens the shelf of cmi5 courses. A package waits in the data
// folder while it is read: it may be larger than the system's own.
func (b *Box) openCourses(ctx context.Context) (err error) {
	b.courses, err = cmi5.OpenCourses(ctx, b.db, b.blobs, b.opts.Data)
	return err
}
