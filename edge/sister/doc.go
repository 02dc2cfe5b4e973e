// Package sister lets the boxes of one authority help each other on the
// school's network: what one has, the others need not fetch from the
// Internet. Boxes find each other by mDNS, or by addresses that a technician
// wrote down, and speak mutual TLS 1.3 with the certificates that the
// authority gave them.
//
// It promises that a box whose certificate was taken back neither gets nor
// gives anything, from the moment the list is known; that the list travels
// with every conversation, so that one box that knows it tells the others;
// that what a sister gives is verified as if a stranger gave it; that sisters
// never take more of the network than they are allowed, and next to nothing
// while a class uses it. It refuses whoever is not a box of the same
// authority: an announcement alone is nothing.
//
// What is given: every blob of the catalogue, those for staff too, because a
// box of the same authority holds its own readers to the same rights; the
// catalogue's published files; the list of revoked certificates. Never what
// the school made itself: imported courses, attachments, records.
package sister
