package lesson

import "preau/edge/live/protocol"

// drawn carries out ink and rub.
func (l *Lesson) drawn(*Change, protocol.Message, Identity, int64) error { return errNotYet }

// layers is the ink over the stages that are shown.
func (l *Lesson) layers() []protocol.Layer { return nil }
