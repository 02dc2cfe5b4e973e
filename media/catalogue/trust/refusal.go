package trust

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
)

// Reason says why a catalogue was refused.
type Reason string

// The reasons.
const (
	Signature Reason = "signature" // not signed by enough of the keys we trust
	Expired   Reason = "expired"   // past its date, or kept from being renewed (freeze)
	Rollback  Reason = "rollback"  // older than what was accepted before
	Mixed     Reason = "mixed"     // files of several versions, or altered ones
	TooLong   Reason = "too-long"  // longer than stated
	NotOurs   Reason = "not-ours"  // not a catalogue at all: a captive portal's page

	TooMuch Reason = "too-much" // a publisher's packs are more than a box takes of one

	Delegation Reason = "delegation" // a publisher signed what is another's
)

// Refusal is in the chain of the error of a catalogue that was refused.
type Refusal struct {
	Reason Reason
	Cause  error
}

func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Cause.Error() }

func (r *Refusal) Unwrap() error { return r.Cause }

// ReasonOf returns why err refused a catalogue, or "".
func ReasonOf(err error) Reason {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r.Reason
	}
	return ""
}

var refusals = map[Reason]struct {
	kind         preau.Kind
	text, remedy string
}{
	Signature:  {preau.Untrusted, "the catalogue is not signed by the keys this box trusts", "Check its address. If the publisher changed all its keys, provision the box again with the new root."},
	Expired:    {preau.Expired, "the catalogue offered is past its date; the box still serves what was verified", "Have the publisher sign it again (preau catalogue sign, publish), and check the box's clock (preau doctor)."},
	Rollback:   {preau.Untrusted, "the catalogue offered is older than the one this box has accepted", "Use the current one: an old copy on a stick or a mirror must be brought up to date."},
	Mixed:      {preau.Corrupt, "the catalogue's files do not belong together or were altered", "Try again in a moment; if it lasts, have it published or copied again."},
	TooLong:    {preau.TooLarge, "a file of the catalogue is longer than allowed", "Have it published again; if it lasts, do not trust this source."},
	TooMuch:    {preau.TooLarge, "the publisher offers more notices than a box takes of one", "Have it take out what is no longer used (preau catalogue remove), or sign in two names."},
	Delegation: {preau.Untrusted, "what was signed is not its own", "Tell the catalogue's owner; what the box holds stays."},
	NotOurs:    {preau.Corrupt, "what answers is not a catalogue", "Check the address, and that the line does not lead to a sign-in page."},
}

func refuse(reason Reason, cause error) error {
	r := refusals[reason]
	return preau.E(r.kind, r.text, r.remedy, &Refusal{reason, cause})
}

// classify gives go-tuf's errors our kinds, by type, the narrow ones first.
// Our own errors, from the source, pass.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*preau.Error](err); ok {
		if e.Kind == preau.TooLarge {
			return refuse(TooLong, err)
		}
		return err
	}
	if _, ok := errors.AsType[*metadata.ErrUnsignedMetadata](err); ok {
		return refuse(Signature, err)
	}
	if _, ok := errors.AsType[*metadata.ErrExpiredMetadata](err); ok {
		return refuse(Expired, err)
	}
	if _, ok := errors.AsType[*metadata.ErrBadVersionNumber](err); ok {
		return refuse(Rollback, err)
	}
	if _, ok := errors.AsType[*metadata.ErrLengthOrHashMismatch](err); ok {
		return refuse(Mixed, err)
	}
	if errors.Is(err, &metadata.ErrRepository{}) {
		return refuse(Mixed, err)
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("check catalogue in a temporary folder: %w", err) // our disk's fault, not the catalogue's
	}
	return refuse(NotOurs, err)
}
