//go:build !race

package codexresponses_test

// raced says that the race detector is at work.
const raced = false
