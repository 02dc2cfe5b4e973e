// Package catalogue is what the box knows of the national catalogue: which
// items there are, what their files are called, who may see them.
//
// It promises that nothing is shown that was not verified (package trust);
// that readers see one generation, whole, and the next one from one moment to
// the other; that the generation left behind stays until the next switch, so
// that a lesson under way finds its files; and that an expired, forged or
// unreachable catalogue changes nothing that is already here.
//
// It refuses to fetch blobs: it says which are wanted and asks a Holder which
// are held. It knows nothing of schools, only of what "staff" may see.
//
// Words. Item: one resource. Asset: one file of it, a blob named by SHA-256.
// Pack: items signed together. Generation: the packs of one version of the
// catalogue. Concept: a taxon or a level, with those above it.
//
// First fill. While no generation was ever whole, the newest verified one is
// current at once and its items say whether they are available: a new box
// shows "pas encore sur la borne" rather than nothing. Once a generation is
// whole, the next one waits in staging until every blob of it is held.
package catalogue
