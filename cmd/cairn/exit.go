package main

import (
	"context"
	"errors"
)

// The exit codes of cairn.
const (
	exitFailed      = 1
	exitUsage       = 2   // a flag or argument that is not understood
	exitSkipped     = 3   // done, but bad photos were left out
	exitDamaged     = 4   // damage was found
	exitInterrupted = 130 // as of shells, after SIGINT
)

const exitCodes = `Exit codes: 0 all done, 1 an error, 2 wrong flags, 3 done but bad photos were
left out, 4 damage found, 130 interrupted.`

// An exitError ends the command with a code of its own.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }

func (e *exitError) Unwrap() error { return e.err }

// exitCode is the code that an error ends the command with.
func exitCode(err error) int {
	var e *exitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	}
	return exitFailed
}
