// Readh5 reads all parameters of a network from a Keras file, once for each line
// of standard input, and prints the milliseconds, then the SHA-256 of the values
// and the memory that reading took. speed.py compares it with h5py.
//
//	go run ./tools/keras/readh5 -model resnet50v2 FILE
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights"
)

func main() {
	model := flag.String("model", "resnet50v2", "backbone that the file is for")
	top := flag.Bool("top", false, "with the classifier")
	flag.Parse()
	if err := run(flag.Arg(0), *model, *top); err != nil {
		fmt.Fprintln(os.Stderr, "readh5:", err)
		os.Exit(1)
	}
}

func run(file, model string, top bool) error {
	spec, err := backbones.Lookup(model)
	if err != nil {
		return err
	}
	list, err := spec.Parameters(backbones.Config{Top: top})
	if err != nil {
		return err
	}
	var values [][]float32
	rounds := bufio.NewScanner(os.Stdin)
	for rounds.Scan() {
		values = nil
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		if values, err = read(file, list); err != nil {
			return err
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		fmt.Printf("%.3f %d\n", float64(took.Nanoseconds())/1e6, after.TotalAlloc-before.TotalAlloc)
	}
	sum := sha256.New()
	bytes := 0
	for _, v := range values {
		b := make([]byte, 0, 4*len(v))
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		bytes += len(b)
		sum.Write(b)
	}
	fmt.Printf("%x %d\n", sum.Sum(nil), bytes)
	return nil
}

func read(file string, list []weights.Parameter) ([][]float32, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	h, err := weights.OpenH5(f, info.Size())
	if err != nil {
		return nil, err
	}
	p, err := h.Match(list)
	if err != nil {
		return nil, err
	}
	values := make([][]float32, 0, len(list))
	for _, w := range list {
		t, err := p.Param(w.Name, w.Shape...)
		if err != nil {
			return nil, err
		}
		values = append(values, t.Data().([]float32))
	}
	return values, nil
}
