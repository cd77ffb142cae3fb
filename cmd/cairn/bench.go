package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/kernel"
	"github.com/cairnml/cairn/nn"
)

// warmUps are runs before those that count.
const warmUps = 3

// measurement is what bench prints.
type measurement struct {
	Model            string  `json:"model"`
	Size             int     `json:"size"`    // pixels a side
	Batch            int     `json:"batch"`   // photos a run
	Threads          int     `json:"threads"` // of the model
	Rounds           int     `json:"rounds"`
	BestMS           float64 `json:"best_ms"` // of a run
	MedianMS         float64 `json:"median_ms"`
	P90MS            float64 `json:"p90_ms"`
	ImagesPerS       float64 `json:"images_per_s"`       // at the median
	GFLOPS           float64 `json:"gflops"`             // at the median, the work as cairn plan counts it
	PeakGFLOPSBefore float64 `json:"peak_gflops_before"` // of matrices that stay in the cache; 0 on a GPU
	PeakGFLOPSAfter  float64 `json:"peak_gflops_after"`
	AllocBytesPerRun float64 `json:"alloc_bytes_per_run"`
	MaxRSSMB         float64 `json:"max_rss_mb"` // of the process so far; 0 where unknown
	Kernel           string  `json:"kernel"`
}

func newBench() *cobra.Command {
	var n network
	var rounds int
	var asJSON, turns bool
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast a backbone runs",
		Long:  "Measures how fast a backbone runs, without top, on drawn weights and pictures. Needs no files.",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if n.batch < 1 || rounds < 1 {
				return fmt.Errorf("--batch, --rounds: want 1 or above, got %d and %d", n.batch, rounds)
			}
			if turns {
				return withNetwork(c, &n, func(_ *backbones.Backbone, team *kernel.Team, run func() error) error {
					return takeTurns(c.InOrStdin(), c.OutOrStdout(), team, run)
				})
			}
			result, err := bench(c, &n, rounds)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(result)
			}
			return result.writeTable(c.OutOrStdout())
		},
	}
	n.addTo(c.Flags())
	n.placement.addTo(c.Flags())
	c.Flags().IntVar(&n.batch, "batch", 1, "photos a run")
	c.Flags().IntVar(&rounds, "rounds", 20, "runs that count, after some to warm up")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	c.Flags().BoolVar(&turns, "turns", false, "run when a line \"run\" is read, and print its milliseconds: for tools/bench")
	return c
}

// withNetwork calls do with the backbone of the flags, a team of as many threads as
// it has, and one run of it.
func withNetwork(c *cobra.Command, n *network, do func(b *backbones.Backbone, team *kernel.Team, run func() error) error) error {
	b, err := n.open()
	if err != nil {
		return err
	}
	defer b.Close()
	m := b.Model()
	k := nn.Auto
	if !n.onGPU() {
		if k, err = kernelNamed(m.Kernel()); err != nil {
			return err
		}
	}
	team, err := kernel.NewTeam(kernel.TeamConfig{Threads: n.threads, Implementation: kernel.Implementation(k), Pin: n.pin})
	if err != nil {
		return err
	}
	defer team.Close()
	x := picture(m, n.batch)
	return do(b, team, func() error { _, err := m.Run(c.Context(), x); return err })
}

func bench(c *cobra.Command, n *network, rounds int) (r *measurement, err error) {
	err = withNetwork(c, n, func(b *backbones.Backbone, team *kernel.Team, run func() error) error {
		r = &measurement{
			Model: b.Name(), Size: b.Config().InputSize, Batch: n.batch, Threads: team.Threads(), Rounds: rounds, Kernel: b.Model().Kernel(),
		}
		if _, err := timed(warmUps, run); err != nil {
			return err
		}
		peak := func() float64 {
			if n.onGPU() {
				return 0
			}
			return round(kernel.Peak(team), 1)
		}
		r.PeakGFLOPSBefore = peak()
		before := allocated()
		took, err := timed(rounds, run)
		if err != nil {
			return err
		}
		r.AllocBytesPerRun = math.Round(float64(allocated()-before) / float64(rounds))
		r.PeakGFLOPSAfter = peak()
		r.fill(took, work(b.Model())*float64(n.batch))
		return nil
	})
	return r, err
}

// fill computes what follows from the times, sorted, of runs of so many MFLOP.
func (r *measurement) fill(took []float64, mflop float64) {
	median := quantile(took, 0.5)
	r.BestMS, r.MedianMS, r.P90MS = round(took[0], 3), round(median, 3), round(quantile(took, 0.9), 3)
	r.ImagesPerS = round(float64(r.Batch)*1000/median, 2)
	r.GFLOPS = round(mflop/median, 1)
	r.MaxRSSMB = round(maxRSS()/1e6, 1)
}

// timed returns the times of so many runs in milliseconds, sorted.
func timed(rounds int, run func() error) ([]float64, error) {
	took := make([]float64, rounds)
	for i := range took {
		start := time.Now()
		if err := run(); err != nil {
			return nil, err
		}
		took[i] = float64(time.Since(start).Nanoseconds()) / 1e6
	}
	slices.Sort(took)
	return took, nil
}

// work is the MFLOP of a photo.
func work(m *nn.Model) float64 {
	mflop := 0.0
	for _, s := range m.Steps() {
		mflop += s.MFLOP
	}
	return mflop
}

// quantile returns the value of sorted that a share q of them does not exceed.
func quantile(sorted []float64, q float64) float64 {
	i := int(math.Ceil(q*float64(len(sorted)))) - 1
	if q == 0.5 && len(sorted)%2 == 0 {
		return (sorted[i] + sorted[i+1]) / 2
	}
	return sorted[max(0, i)]
}

func allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

func (r *measurement) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "model\t%s, %d×%d, batch %d\n", r.Model, r.Size, r.Size, r.Batch)
	fmt.Fprintf(t, "kernel\t%s, %d threads\n", r.Kernel, r.Threads)
	fmt.Fprintf(t, "best, median, p90\t%.1f, %.1f, %.1f ms of %d rounds\n", r.BestMS, r.MedianMS, r.P90MS, r.Rounds)
	fmt.Fprintf(t, "photos\t%.2f a second\n", r.ImagesPerS)
	fmt.Fprintf(t, "work\t%.1f GFLOP/s\n", r.GFLOPS)
	if r.PeakGFLOPSBefore > 0 {
		fmt.Fprintf(t, "peak before, after\t%.1f, %.1f GFLOP/s\n", r.PeakGFLOPSBefore, r.PeakGFLOPSAfter)
	}
	fmt.Fprintf(t, "memory\t%.1f MB at most, %.1f kB allocated a run\n", r.MaxRSSMB, r.AllocBytesPerRun/1e3)
	return t.Flush()
}
