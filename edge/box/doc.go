// Package box composes the box: it opens what it needs in order, starts it,
// tells its health, drains and closes it. It promises that whatever fails
// outside (the line, the catalogue's origin, the store, the disk's space)
// leaves the lesson going, and that a stop asked for ends within ten seconds.
// It refuses domain rules: they live in the packages it composes.
package box
