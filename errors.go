package preau

import (
	"context"
	"errors"
	"io/fs"
)

// Kind classes an error by what its reader can do about it. One table maps
// kinds to exit codes (ExitCode) and another to HTTP statuses (httpkit).
type Kind uint8

const (
	Internal     Kind = iota // our fault
	Invalid                  // the input is wrong
	Unauthorized             // nobody signed in
	Forbidden                // signed in, not allowed
	NotFound
	Conflict    // somebody else's change came first
	TooLarge    // over a stated limit
	RateLimited // too many tries
	Full        // the disk is full
	Unavailable // a peer cannot be reached; try again later
	Corrupt     // bytes are not what they should be
	Untrusted   // a signature or certificate does not hold
	Expired     // valid once, no longer
	Busy        // held by another process
)

var kindNames = [...]string{"internal", "invalid", "unauthorized", "forbidden", "not-found", "conflict",
	"too-large", "rate-limited", "full", "unavailable", "corrupt", "untrusted", "expired", "busy"}

// String returns the kind's stable name, as logs and the API show it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// ParseKind finds a kind by its name; what has none is Internal.
func ParseKind(name string) Kind {
	for i, have := range kindNames {
		if have == name {
			return Kind(i)
		}
	}
	return Internal
}

// ExitCode is what a command that ends with this kind returns: 2 for a fault
// of usage, 1 for the rest. Systemd restarts on 1 and leaves 2 alone.
func (k Kind) ExitCode() int {
	if k == Invalid {
		return 2
	}
	return 1
}

// Error is an error that a person will read. Text says what failed and why,
// Remedy what to do; Cause is for the log only and is never shown.
type Error struct {
	Kind   Kind
	Text   string
	Remedy string
	Cause  error
}

// E makes an Error. Cause may be nil.
func E(kind Kind, text, remedy string, cause error) error {
	return &Error{Kind: kind, Text: text, Remedy: remedy, Cause: cause}
}

// Error gives text and cause on one line, as the log wants it.
func (e *Error) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + ": " + e.Cause.Error()
}

func (e *Error) Unwrap() error { return e.Cause }

// KindOf finds the kind of the outermost Error in err's chain, and otherwise
// what the standard library's sentinels say. A nil error is Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return NotFound
	case errors.Is(err, fs.ErrPermission):
		return Forbidden
	case errors.Is(err, context.DeadlineExceeded):
		return Unavailable
	}
	return Internal
}

// RemedyOf returns the first remedy in err's chain, or "".
func RemedyOf(err error) string {
	for err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			if e.Remedy != "" {
				return e.Remedy
			}
			err = e.Cause
			continue
		}
		return ""
	}
	return ""
}
