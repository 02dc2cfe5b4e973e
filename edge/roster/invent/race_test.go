//go:build race

package invent_test

// whole is how many pupils a whole collège has here: the detector of races
// makes the database fifteen times slower.
const whole = 60
