// Package codec writes statements for the journal's tables: one as a row's
// bytes, up to MaxBlock consecutive ones as a compressed block. It promises
// that every byte of result, context and raw comes back as it went in, and
// that damaged bytes give preau.Corrupt and never a panic or a huge
// allocation. It refuses to know where rows are: stream, epoch and sequence
// are the row's key and not repeated here.
//
// Format of a row (version 1): version, flags, the clocks and the four
// identifiers, then the three JSON texts, each length first. Format of a
// block (version 1): version, number of statements, table of distinct UUIDs,
// then one zstd frame, compressed with dictionary.txt, of the statements one
// after the other; in their JSON a UUID of the table is a control byte, which
// JSON cannot hold, and its index. Random bytes do not compress: outside the
// frame they do not spoil its statistics either.
package codec

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Bounds of a block: decoding one stays short and small.
const (
	MaxBlock   = 64        // statements; the journal makes smaller ones
	TargetSize = 192 << 10 // bytes before compression, beyond which a block is closed
	maxFrame   = 4 << 20   // bytes of one after decompression: one statement can be 1.2 MB
)

// dictionary is what xAPI statements have in common: shapes and vocabulary of
// the specification, of cmi5 and of the video profile. It is part of the
// format: blocks need the one they were made with, to the byte.
//
//go:embed dictionary.txt
var dictionary []byte

const dictionaryID = 1

// Coder compresses and decompresses. Its methods may be called from any
// goroutine.
type Coder struct {
	// encoders have 9 MB each and work for seconds an hour: the pool lets them go.
	encoders sync.Pool
	dec      *zstd.Decoder
}

// New makes a coder.
func New() (*Coder, error) {
	enc, err := newEncoder()
	if err != nil {
		return nil, fmt.Errorf("make compressor: %w", err)
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderDictRaw(dictionaryID, dictionary), zstd.WithDecoderConcurrency(2),
		zstd.WithDecoderMaxMemory(maxFrame), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("make decompressor: %w", err)
	}
	c := &Coder{dec: dec}
	c.encoders.Put(enc)
	return c, nil
}

func newEncoder() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderDictRaw(dictionaryID, dictionary), zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(512<<10), zstd.WithLowerEncoderMem(true))
}

// compress appends the frame, compressed, to dst.
func (c *Coder) compress(frame, dst []byte) ([]byte, error) {
	enc, _ := c.encoders.Get().(*zstd.Encoder)
	if enc == nil {
		var err error
		if enc, err = newEncoder(); err != nil {
			return nil, fmt.Errorf("make compressor: %w", err)
		}
	}
	defer c.encoders.Put(enc)
	return enc.EncodeAll(frame, dst), nil
}

// Close frees what the coder holds.
func (c *Coder) Close() { c.dec.Close() }
