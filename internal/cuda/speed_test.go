//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/cuda"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// goals are those for an H100, 331×331, both networks: photos a second, or
// milliseconds of a batch. See docs/cuda.md.
var goals = []struct {
	batch     int
	precision nn.Precision
	photos    float64 // a second, at least; 0 = no goal
	ms        float64 // of a run, at most; 0 = no goal
}{
	{32, nn.Float32, 700, 0},
	{32, nn.TF32, 1400, 0},
	{1, nn.Float32, 0, 8},
	{1, nn.TF32, 0, 0},
}

// TestSpeed measures ResNet50V2 and DenseNet121, one after the other, and prints a
// table beside the goals. Only a real device has a speed: on the fake one a row of it
// for small pictures shows that it runs.
func TestSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("measures")
	}
	size, rounds, rows := 331, 30, goals
	if !*real {
		size, rounds, rows = 32, 1, goals[2:3]
	}
	system, err := cuda.Report()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s, driver for CUDA %d, %d×%d, median of %d runs\n", system.Devices[0].Name, system.Driver, size, size, rounds)
	fmt.Fprintln(w, "batch\tprecision\tResNet50V2, ms\tDenseNet121, ms\tboth, ms\tphotos/s\tgoal on an H100")
	for _, g := range rows {
		if g.precision == nn.TF32 && !system.Devices[0].TF32() {
			fmt.Fprintf(w, "%d\t%v\tnot on this device\n", g.batch, g.precision)
			continue
		}
		resnet := timeNetwork(t, backbones.ResNet50V2(), size, g.batch, g.precision, rounds)
		densenet := timeNetwork(t, backbones.DenseNet121(), size, g.batch, g.precision, rounds)
		goal := "–"
		switch {
		case g.photos > 0:
			goal = fmt.Sprintf("%.0f photos/s", g.photos)
		case g.ms > 0:
			goal = fmt.Sprintf("%.0f ms", g.ms)
		}
		both := resnet + densenet
		fmt.Fprintf(w, "%d\t%v\t%.2f\t%.2f\t%.2f\t%.1f\t%s\n", g.batch, g.precision, ms(resnet), ms(densenet), ms(both),
			float64(g.batch)/both.Seconds(), goal)
	}
	w.Flush()
	t.Logf("\n%s", text.String())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

// timeNetwork returns the median time of a batch, with the copies to the device and
// back, after runs that do not count.
func timeNetwork(t *testing.T, spec backbones.Spec, size, batch int, p nn.Precision, rounds int) time.Duration {
	t.Helper()
	b, err := backbones.New(spec, weights.Random(1), backbones.Config{InputSize: size, Batch: batch, Device: nn.CUDA(0), Precision: p})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(batch, size, size, 3))
	for i := range x.Float32s() {
		x.Float32s()[i] = float32(i%255)/127 - 1
	}
	warmUps := 3 // the first run of a batch records its graph
	if !*real {
		warmUps = 0
	}
	took := make([]time.Duration, 0, rounds)
	for i := range warmUps + rounds {
		start := time.Now()
		if _, err := b.Model().Run(t.Context(), x); err != nil {
			t.Fatal(err)
		}
		if i >= warmUps {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	return took[len(took)/2]
}
