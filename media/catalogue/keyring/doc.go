// Package keyring is who signs what in a catalogue's repository: its keys, the
// metadata of each role, and the signatures that gather on them.
//
// It promises that metadata comes into force (metadata/N.role.json) only once
// enough of its role's keys have signed it; until then it waits in pending/,
// where holders of keys that never meet add their signatures one by one. A new
// root is signed by enough of the old root's keys and of its own, so that boxes
// can follow any chain of rotations. It refuses keys that others can read, and
// to replace a version that is in force.
//
// On disk: keys/ (private keys, one a file, its owner's alone), metadata/
// (signed, all versions), pending/ (waiting for signatures), delegations.json
// (the publishers and their keys, as the next targets will say).
package keyring
