// Package fetch brings blobs from wherever they are: the origin over HTTP, a
// folder on a USB stick. It promises to resume where the disk stands after
// any interruption, that every byte is verified whatever its source, that a
// source which sends wrong bytes is dropped and named, and that a slow line
// costs time only. A large blob with a table of its chunks (media/pack) is
// made of what the box holds of its other versions and of what all sources
// give at once, verified chunk by chunk; one that somebody waits for (Fill)
// comes in the order in which it is read. It refuses deadlines on whole transfers (progress is what
// counts) and sources that answer with something else.
//
// If-Range is not sent: it guards against a file that changed under its name,
// and here the name is the hash. What a source mixed up is refused at the
// gate, and fetched again from the start once.
package fetch

import (
	"context"
	"io"
	"time"

	"preau/media/blob"
)

// Source gives a blob's bytes. What an error of Open or of the body means
// follows from its kind:
//   - NotFound: it has not this blob;
//   - Corrupt: what it has under this name is not this blob;
//   - Forbidden: it will not give it;
//   - anything else: try later, and if the chain holds a *Later, not before.
type Source interface {
	// Name tells people which source it is.
	Name() string
	// Open returns the bytes from offset on, or from at, before offset, when
	// the source cannot do better. size is the whole blob's, for the source to
	// compare.
	Open(ctx context.Context, d blob.Digest, offset, size int64) (body io.ReadCloser, at int64, err error)
}

// RangeSource is a Source that can be asked for a part. Of another the rest
// is asked, and left when the part is here.
type RangeSource interface {
	Source
	// OpenRange returns the bytes from offset to end, or from at, before
	// offset, when the source cannot do better; they may go on behind end.
	OpenRange(ctx context.Context, d blob.Digest, offset, end, size int64) (body io.ReadCloser, at int64, err error)
}

// Later is the cause in errors of a source that asks to be left alone.
type Later struct{ Until time.Time }

// Error tells the time.
func (l *Later) Error() string { return "asks not to come back before " + l.Until.Format(time.RFC3339) }
