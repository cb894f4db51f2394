package gcp

// For tests, which set the clock.
var NewMachine = newMachine

// Missing is what a failure to find credentials becomes.
var Missing = missing
