// Package index finds the statements of the journal's learning stream by
// agent, verb, activity, registration and time. It promises to be a
// projection: written in the transaction that appends, dropped in the one
// that prunes, made again from the journal when it is not there; to take some
// ten bytes a statement; and to answer page by page without reading more
// statements than it returns. It refuses to hold anything of its own.
//
// Words: n is a statement's number, dense from 0 in the order of storing; a
// term is one thing a statement can be found by, hashed; a bucket is
// bucketSize consecutive numbers, sealed once full; the tail is the bucket
// that is still open; a run is where numbers and the journal's keys go in
// step.
package index
