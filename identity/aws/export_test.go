package aws

// For tests, which set the clock.
var NewMachine = newMachine
