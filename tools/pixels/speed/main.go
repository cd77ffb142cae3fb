// Speed decodes and resizes a photo as often as each line of its input says, and
// answers with the median time in milliseconds. tools/pixels/speed.py asks it in
// turn with Pillow.
//
//	speed FILE INTERPOLATION SIZE
//
// INTERPOLATION decode leaves out resizing.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/cairnml/cairn/data"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("want FILE INTERPOLATION SIZE, got %q", args)
	}
	file, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	resize := args[1] != "decode"
	var by data.Interpolation
	if resize {
		if by, err = data.ParseInterpolation(args[1]); err != nil {
			return err
		}
	}
	size, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil || n < 1 {
			return fmt.Errorf("want a number, got %q", lines.Text())
		}
		times := make([]float64, n)
		for i := range times {
			start := time.Now()
			photo, err := data.Decode(bytes.NewReader(file))
			if err != nil {
				return err
			}
			if resize {
				photo.Resize(size, size, by)
			}
			times[i] = float64(time.Since(start)) / float64(time.Millisecond)
		}
		slices.Sort(times)
		fmt.Println(times[n/2])
	}
	return nil
}
