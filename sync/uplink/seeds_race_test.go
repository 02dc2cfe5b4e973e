//go:build race

package uplink

// The race detector slows SQLite tenfold; it needs the code paths, not the
// many lives.
const modelSeeds = 5
