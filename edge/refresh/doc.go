// Package refresh keeps a box's catalogue fresh and brings its files here. It
// promises that nothing it meets ends it, that what the box has goes on being
// served, and that a person can read why nothing new comes: in the log once,
// and in DATA/catalogue-problem.json for commands that run beside the box. It
// refuses to judge what comes: media/catalogue/trust and media/blob do.
package refresh
