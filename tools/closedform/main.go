// Closedform writes weight folders of closed-form numbers, the ones that the
// network cases use, for running networks whose real weights are not at hand.
// What they predict means nothing.
//
//	go run ./tools/closedform -out DIR resnet50v2 densenet121
//
// DIR gets a folder resnet50v2 and so on, or with -h5 a legacy weight file of
// Keras, resnet50v2.h5.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights"
)

const seedName = "alpha"

func main() {
	out := flag.String("out", "", "`folder` to write into")
	h5 := flag.Bool("h5", false, "write a .h5 file")
	top := flag.Bool("top", false, "with the classifier")
	flag.Parse()
	for _, model := range flag.Args() {
		if err := write(*out, model, *h5, *top); err != nil {
			fmt.Fprintln(os.Stderr, "closedform:", err)
			os.Exit(1)
		}
	}
}

func write(out, model string, h5, top bool) error {
	spec, err := backbones.Lookup(strings.ToLower(model))
	if err != nil {
		return err
	}
	m := weights.Manifest{Model: spec.Name, Source: "closed form, seed name " + seedName}
	if m.Parameters, err = spec.Parameters(backbones.Config{Top: top}); err != nil {
		return err
	}
	source := weights.ClosedForm(seedName, weights.KerasGain(spec.Name))
	if !h5 {
		return weights.Save(filepath.Join(out, spec.Name), m, source)
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(out, spec.Name+".h5"))
	if err != nil {
		return err
	}
	return errors.Join(weights.WriteH5(f, m.Parameters, source), f.Close())
}
