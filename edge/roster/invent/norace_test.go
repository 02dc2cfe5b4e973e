//go:build !race

package invent_test

// whole is how many pupils a whole collège has.
const whole = 600
