// Package publisher makes, signs and publishes a catalogue.
//
// It promises that what it signs was checked (every notice, every file), that
// a box in the middle of a refresh never meets a mix of two versions, and
// that keys meant to stay offline are needed only when their role signs. It
// refuses to publish what a box would refuse, and to overwrite a newer
// catalogue or another's.
//
// A repository folder holds catalogue.json (its settings), keys/ (private
// keys, one a file; those of root and targets can be kept elsewhere), items/
// (the notices added, in published form), taxons.json, and, laid out as they
// will be published: metadata/ (signed, all versions), targets/ (what is
// signed: packs, the index, the vocabulary) and blobs/ab/<sha256>.
//
// What is signed are packs of notices, not media: a blob's name is its hash
// and stands in a signed pack. Targets are named so that hashed bins and
// delegations per publisher can take them over: packs/<slug>/<version>.json.
package publisher
