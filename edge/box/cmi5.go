package box

import (
	"context"

	"preau/edge/cmi5"
	"preau/edge/cmi5/launch"
)

// openCourses opens the shelf of cmi5 courses and what launches them. A
// package waits in the data folder while it is read: it may be larger than the
// system's own.
func (b *Box) openCourses(ctx context.Context) (err error) {
	if b.courses, err = cmi5.OpenCourses(ctx, b.db, b.blobs, b.opts.Data); err != nil {
		return err
	}
	b.launches, err = launch.Open(ctx, launch.Config{
		DB: b.db, Journal: b.journal, Courses: b.courses, Records: b.lrs.Records, Keys: b.lrs.Keys, Clock: b.clock, Home: b.home(), Log: b.opts.Log,
	})
	if err == nil {
		b.lrs.Launches = b.launches
	}
	return err
}
