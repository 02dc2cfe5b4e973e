// Package record is the record store behind /xapi: it puts xAPI statements
// into the box's journal and finds them again. It promises that the journal
// stays the one source (its index is a projection, written in the appending
// transaction and dropped with what is pruned), that a batch is stored whole
// or not at all, that the same statement sent twice is stored once and other
// content under its id is refused, and that every query is bounded.
//
// The statements the box itself wrote in the learning stream are visible too,
// as valid xAPI about accounts of the school's home page.
//
// It refuses attachments over MaxAttachment and bytes nobody described.
//
// Words: n is a statement's number in the index, dense from 1 in the order of
// storing; a term is one thing a statement can be found by, hashed; a bucket
// is bucketSize consecutive numbers, sealed once full.
package record

import (
	"encoding/json"
	"io"
	"time"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// The bounds of a request.
const (
	MaxLimit       = 500      // statements in an answer; also the default
	MaxBatch       = 1000     // statements in one Put
	MaxAttachment  = 10 << 20 // bytes of one attachment
	MaxAttachments = 50       // parts in one Put
)

// Config is what a Store needs.
type Config struct {
	DB      *sqlite.DB
	Journal *journal.Journal
	Home    string // home page of the accounts that are people of this school, an absolute IRI
	Blobs   string // folder of the attachments' bytes; made when missing
}

// Format is how statements are written in an answer.
type Format string

// The formats of the specification. FormatExact is the default.
const (
	FormatExact     Format = "exact"
	FormatIDs       Format = "ids"
	FormatCanonical Format = "canonical"
)

// Query is what GET /xapi/statements asks for. Zero fields do not filter.
type Query struct {
	Agent             *xapi.Agent
	Verb              string
	Activity          string
	Registration      preau.ID
	RelatedActivities bool
	RelatedAgents     bool
	Since, Until      time.Time // on stored: after, and up to and including
	Limit             int       // 0 means MaxLimit; never more
	Ascending         bool
	Format            Format
	Languages         []string // for FormatCanonical, best first (xapi.ParseLanguages)
	Attachments       bool     // whether the caller will send the bytes too

	// Mine keeps the answer to the statements of one authority and of one
	// registration. It is not part of a cursor: set it again after Continue.
	Mine *Mine

	after int64 // where the page before ended: set by Continue
}

// Mine is what a key with statements/read/mine may see: what it said itself
// and, for a launch, what anybody said of its attempt.
type Mine struct {
	Authority    xapi.Agent
	Registration preau.ID // zero: none
}

// Page is an answer: statements ready to be written, newest first unless
// ascending. More is "" on the last page, else an opaque token for Continue.
type Page struct {
	Statements  []json.RawMessage
	More        string
	Attachments []Part // when asked for: each once
	LastStored  time.Time
}

// Found is one statement, ready to be written.
type Found struct {
	Statement   json.RawMessage
	Stored      time.Time
	Attachments []Part // those whose bytes are here
}

// Part is the bytes of one attachment that the store holds. Open is called by
// whoever writes the multipart answer, who closes what it returns.
type Part struct {
	SHA2        string
	ContentType string
	Size        int64
	Open        func() (io.ReadCloser, error)
}

// Staged is an attachment's bytes, on disk and hashed, not yet referred to by
// any statement: what Stage returns and Put takes.
type Staged struct {
	SHA2 string // lower-case hexadecimal, checked here
	Size int64
}
