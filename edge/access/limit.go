package access

import (
	"errors"
	"fmt"
	"math"
	"time"

	"preau"
	"preau/edge/access/tries"
)

// Failures cost a token of whoever tried: a known device has its own bucket,
// all the others of one address share one. Thirty addresses with an account
// each (two vouched devices) fail at most 30 × (170 + 2 × 66) ≈ 9 000 times in
// a school day of ten hours, over all pupils together.
var (
	strangers = tries.Rate{Burst: 20, Every: 4 * time.Minute}  // per address
	familiar  = tries.Rate{Burst: 6, Every: 10 * time.Minute}  // per known device
	adults    = tries.Rate{Burst: 10, Every: 30 * time.Second} // per either, for passphrases: 45 bits fear no guess
)

// vouched is how many devices one person makes known: the last ones.
const vouched = 2

// Failures on one pupil's code make the next try wait: nothing for three
// slips of the finger, then 10 s, 20 s … at most five minutes. That is under
// 140 tries in a school day against 10 000 codes, from however many devices.
const (
	freeTries   = 3
	firstWait   = 10 * time.Second
	longestWait = 5 * time.Minute
)

func pupilWait(failures int) time.Duration {
	if failures <= freeTries {
		return 0
	}
	if doublings := failures - freeTries - 1; doublings < 5 {
		return firstWait << doublings
	}
	return longestWait
}

// waitError carries how long to wait, for the page's words.
type waitError struct{ wait time.Duration }

func (e waitError) Error() string { return "wait " + e.wait.String() }

// WaitOf tells how long a refused try has to wait.
func WaitOf(err error) (time.Duration, bool) {
	e, ok := errors.AsType[waitError](err)
	return e.wait, ok
}

func tooMany(wait time.Duration) error {
	wait = time.Duration(math.Ceil(wait.Seconds())) * time.Second
	return preau.E(preau.RateLimited, "too many tries", fmt.Sprintf("Wait %s, then try again; a teacher can give a new code.", wait), waitError{wait})
}
