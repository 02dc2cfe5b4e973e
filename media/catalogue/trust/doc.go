// Package trust verifies a published catalogue with The Update Framework.
//
// It promises that Verified.Target returns only bytes that the catalogue's
// keys signed, as part of one version, not older than any version this box
// ever accepted under the same keys, and not expired by the box's clock or by
// the last time at which it knew better. What it accepts is kept in the box's
// database in one transaction; a torn copy heals from the source.
//
// It refuses, each with its Reason: a wrong signature, an expired or frozen
// catalogue, an older one, files of several versions mixed, anything longer
// than stated. A refusal changes nothing that was accepted before.
//
// It wraps go-tuf, whose client has three traps on a box that loses power:
// it cannot start over a truncated file of its own, it forgets a rotated root
// when it restarts, and it believes a clock that woke in 1970. Hence the
// database instead of its folder, the highest root always passed to it, and
// the floors.
package trust
