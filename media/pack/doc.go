// Package pack cuts blobs where their content says and lists the pieces, so
// that a box makes a new version out of the one it holds, fetches one blob
// from several places at once, and plays a film that is not yet whole.
//
// It promises that the same bytes are cut at the same places for ever, on any
// machine, wherever they stand in a blob; and that a table which Parse takes
// is bounded, covers its blob without a hole and is written again as the same
// bytes. It refuses to judge where a table comes from: a table is a blob, its
// hash stands in a signed notice, and what its chunks make is hashed whole.
//
// Words. Chunk: a run of a blob's bytes, named by its SHA-256. Table: the
// chunks of one blob, in order. docs/pack-format.md has the bytes.
package pack
