package main

import (
	"bufio"
	"fmt"
	"io"

	"github.com/cairnml/cairn/internal/kernel"
)

// takeTurns runs once for each line "run" of in and prints its milliseconds, and
// for each line "peak" the GFLOP/s that the machine has to give. In between it
// sleeps, so that other engines can be measured in turns with this one.
func takeTurns(in io.Reader, out io.Writer, team *kernel.Team, run func() error) error {
	if _, err := timed(warmUps, run); err != nil {
		return err
	}
	fmt.Fprintln(out, "ready")
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch line := lines.Text(); line {
		case "run":
			took, err := timed(1, run)
			if err != nil {
				return err
			}
			fmt.Fprintln(out, took[0])
		case "peak":
			fmt.Fprintln(out, kernel.Peak(team))
		default:
			return fmt.Errorf("bench: want lines run or peak, got %q", line)
		}
	}
	return nil
}
