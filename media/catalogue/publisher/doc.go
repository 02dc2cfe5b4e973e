// Package publisher makes, signs and publishes a catalogue: its owner's
// repository, and the folders of publishers to whom the owner delegates.
//
// It promises that what it signs was checked (every notice, every file), that
// a box in the middle of a refresh never meets a mix of two versions, that
// keys meant to stay offline are needed only when their role signs, and that
// each publisher signs on its own machine: what it delivers is verified as
// boxes will before the owner names it. It refuses to publish what a box would
// refuse, to overwrite a newer catalogue or another's, and to take what one
// publisher signed of another's.
//
// A repository folder holds catalogue.json (its settings), keys/, metadata/,
// pending/ and delegations.json (package keyring), items.db and targets/
// (package stock), taxons.json, and blobs/ab/<sha256>. Package keyring and
// docs/catalogue-format.md say who holds what.
package publisher
