//go:build !race

package uplink

const modelSeeds = 40
