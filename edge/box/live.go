package box

import (
	"context"

	"preau/edge/box/classroom"
)

// openLive opens the rooms in session and the boards.
func (b *Box) openLive(ctx context.Context) (err error) {
	b.classroom, err = classroom.Open(ctx, classroom.Deps{DB: b.db, Clock: b.clock, Log: b.opts.Log, Access: b.access, Directory: b.directory,
		Journal: b.journal, Content: b.content, Items: b.items, Questions: b.results, Over: b.lessonOver})
	if err != nil {
		return err
	}
	b.hub = b.classroom.Hub
	return nil
}
