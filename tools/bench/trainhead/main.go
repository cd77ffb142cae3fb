// Command trainhead times the epochs of head.Train on drawn features and prints
// the seconds as JSON: trainhead ROWS WIDTH CLASSES EPOCHS THREADS. The threads
// are those of GOMAXPROCS. On Linux the last line on standard error is the peak
// of the memory that is in use besides the features.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) != 5 {
		return fmt.Errorf("want ROWS WIDTH CLASSES EPOCHS THREADS, got %q", args)
	}
	var n [5]int
	for i, a := range args {
		var err error
		if n[i], err = strconv.Atoi(a); err != nil || n[i] < 1 {
			return fmt.Errorf("argument %d: want a number above 0, got %q", i+1, a)
		}
	}
	rows, width, classes, epochs := n[0], n[1], n[2], n[3]
	f := &data.Features{Width: width, X: make([]float32, rows*width), Labels: make([]int, rows)}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range f.X {
		f.X[i] = max(0, float32(r.NormFloat64()))
	}
	for i := range f.Labels {
		f.Labels[i] = r.IntN(classes)
	}
	for i := range classes {
		f.Classes = append(f.Classes, fmt.Sprint("class ", i))
	}
	h, err := head.New(head.Config{Inputs: width, Classes: f.Classes, Dropout: 0.7})
	if err != nil {
		return err
	}
	var seconds []float64
	begin := time.Now()
	for _, err := range h.Train(context.Background(), f, nil, head.Training{Epochs: epochs}) {
		if err != nil {
			return err
		}
		seconds = append(seconds, time.Since(begin).Seconds())
		begin = time.Now()
	}
	if err := json.NewEncoder(os.Stdout).Encode(seconds); err != nil {
		return err
	}
	if peak := peakMemory(); peak > 0 {
		fmt.Fprintf(os.Stderr, "peak memory besides the features: %d MB\n", (peak-4*len(f.X))>>20)
	}
	return nil
}

// peakMemory is the high-water mark of the process in bytes, or 0.
func peakMemory() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return kb << 10
		}
	}
	return 0
}
