// Package brotli takes the place of the compressor of the same import path in
// our builds. parquet-go registers every codec of its format; ours is zstd, and
// brotli's dictionary and code alone weigh 0.7 MB of a box's 30. It promises to
// compile where the real one does, and to refuse all work.
package brotli

import (
	"errors"
	"io"
)

var errAbsent = errors.New("brotli is not part of this build: write Parquet with zstd")

// The levels that callers name.
const (
	DefaultCompression = 6
	BestCompression    = 11
)

// WriterOptions are the real one's.
type WriterOptions struct{ Quality, LGWin int }

// Writer refuses.
type Writer struct{}

// NewWriterOptions makes a Writer that refuses.
func NewWriterOptions(io.Writer, WriterOptions) *Writer { return &Writer{} }

// Write refuses.
func (*Writer) Write([]byte) (int, error) { return 0, errAbsent }

// Flush refuses.
func (*Writer) Flush() error { return errAbsent }

// Close refuses.
func (*Writer) Close() error { return errAbsent }

// Reset does nothing.
func (*Writer) Reset(io.Writer) {}

// Reader refuses.
type Reader struct{}

// NewReader makes a Reader that refuses.
func NewReader(io.Reader) *Reader { return &Reader{} }

// Read refuses.
func (*Reader) Read([]byte) (int, error) { return 0, errAbsent }

// Reset refuses.
func (*Reader) Reset(io.Reader) error { return errAbsent }
