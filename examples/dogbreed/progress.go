package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const (
	barWidth = 30
	// lineEvery is how often progress is told where there is no terminal.
	lineEvery = 10 * time.Second
)

// progress returns a function that shows how far a long step is: a bar on a
// terminal, a line now and then elsewhere.
func progress(out io.Writer, what string) func(done, total int) {
	begin := time.Now()
	last := begin
	return func(done, total int) {
		perSecond := float64(done) / time.Since(begin).Seconds()
		left := time.Duration(float64(total-done) / perSecond * float64(time.Second)).Round(time.Second)
		switch {
		case isTerminal(out):
			n := done * barWidth / total
			fmt.Fprintf(out, "\r%s  %s%s  %d/%d  %.1f/s  %v left   ", what,
				strings.Repeat("█", n), strings.Repeat("░", barWidth-n), done, total, perSecond, left)
			if done == total {
				fmt.Fprintln(out)
			}
		case done == total:
			fmt.Fprintf(out, "%s: %d photos, %.1f a second\n", what, total, perSecond)
		case time.Since(last) >= lineEvery:
			last = time.Now()
			fmt.Fprintf(out, "%s: %d of %d, %.1f a second, %v left\n", what, done, total, perSecond, left)
		}
	}
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
