package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/nn"
)

func newPlan() *cobra.Command {
	var n network
	var timeIt bool
	var rounds int
	c := &cobra.Command{
		Use:   "plan",
		Short: "Print the steps that a backbone runs in",
		Long: `Prints the steps that a backbone, without top, runs in: what each does, the
shape of its result, millions of operations, megabytes of values that it reads
and writes, and the layers that went into it.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if rounds < 1 {
				return fmt.Errorf("--rounds: want 1 or above, got %d", rounds)
			}
			n.batch = 1
			b, err := n.open()
			if err != nil {
				return err
			}
			defer b.Close()
			m := b.Model()
			var ms []float64
			if timeIt {
				if ms, err = timeSteps(c.Context(), m, rounds); err != nil {
					return err
				}
			}
			return writePlan(c.OutOrStdout(), m.Steps(), ms)
		},
	}
	n.addTo(c.Flags())
	c.Flags().BoolVar(&timeIt, "time", false, "also measure each step: milliseconds and GFLOP/s, medians")
	c.Flags().IntVar(&rounds, "rounds", 10, "runs that --time measures")
	return c
}

// timeSteps returns the median time of each step in milliseconds.
func timeSteps(ctx context.Context, m *nn.Model, rounds int) ([]float64, error) {
	x := picture(m, 1)
	samples := make([][]float64, len(m.Steps()))
	for round := range warmUps + rounds {
		took, err := m.TimeSteps(ctx, x)
		if err != nil {
			return nil, err
		}
		if round < warmUps {
			continue
		}
		for i, d := range took {
			samples[i] = append(samples[i], float64(d)/float64(time.Millisecond))
		}
	}
	ms := make([]float64, len(samples))
	for i, s := range samples {
		slices.Sort(s)
		ms[i] = quantile(s, 0.5)
	}
	return ms, nil
}

// rate is GFLOP/s, 0 for what takes no time that a clock could tell.
func rate(mflop, ms float64) float64 {
	if ms < 1e-4 {
		return 0
	}
	return mflop / ms
}

// writePlan prints a line for each step, with times unless ms is nil.
func writePlan(w io.Writer, steps []nn.Step, ms []float64) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	timeHead, totalMFLOP, totalMS := "", 0.0, 0.0
	if ms != nil {
		timeHead = "\tms\tGFLOP/s"
	}
	fmt.Fprintf(t, "step\talgorithm\tresult\tMFLOP\tMB%s\tlayers\n", timeHead)
	for i, s := range steps {
		times := ""
		if ms != nil {
			times = fmt.Sprintf("\t%.3f\t%.1f", ms[i], rate(s.MFLOP, ms[i]))
			totalMS += ms[i]
		}
		totalMFLOP += s.MFLOP
		fmt.Fprintf(t, "%d\t%s\t%d×%d×%d\t%.1f\t%.2f%s\t%s\n",
			i, s.Algorithm, s.Shape[0], s.Shape[1], s.Shape[2], s.MFLOP, s.MB, times, strings.Join(s.Layers, " + "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	total := fmt.Sprintf("%d steps, %.1f MFLOP", len(steps), totalMFLOP)
	if ms != nil {
		total += fmt.Sprintf(", %.1f ms, %.1f GFLOP/s", totalMS, rate(totalMFLOP, totalMS))
	}
	_, err := fmt.Fprintln(w, total)
	return err
}
