package main

import (
	"context"
	"fmt"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights/fetch"
)

func newWeightsList() *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "list",
		Short: "List models, sizes, and which weights are here",
		Long: `Lists the models: features that they give, parameters without top, sizes of Keras's
files (– where not known), and which weights are in the program (embedded) or in
the cache.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := orCache(dir)
			if err != nil {
				return fmt.Errorf("%w: want --dir DIR", err)
			}
			t := tabwriter.NewWriter(c.OutOrStdout(), 0, 8, 2, ' ', 0)
			fmt.Fprintln(t, "model\tfeatures\tparameters\tfile\there\tfile with top\there")
			for _, s := range backbones.All() {
				_, output, err := s.Declare(backbones.Config{})
				if err != nil {
					return err
				}
				parameters, err := s.Parameters(backbones.Config{})
				if err != nil {
					return err
				}
				count := 0
				for _, p := range parameters {
					count += product(p.Shape)
				}
				fmt.Fprintf(t, "%s\t%d\t%d\t%s\t%s\t%s\t%s\n", s.Name, product(output.Shape()), count,
					sizeOf(s.Name, false), here(c.Context(), dir, s, false), sizeOf(s.Name, true), here(c.Context(), dir, s, true))
			}
			if err := t.Flush(); err != nil {
				return err
			}
			index := "no"
			if exists(filepath.Join(dir, fetch.ClassIndex+".json")) {
				index = "yes"
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "\n%s: %s\nfolder: %s\n", fetch.ClassIndex, index, dir)
			return err
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "folder of weights (empty = the cache)")
	return c
}

// sizeOf is the size of the file that Keras has of a model.
func sizeOf(model string, top bool) string {
	if f := fileOf(model, top); f != nil && f.Size > 0 {
		return megabytes(f.Size)
	}
	return "–"
}

// here says where the weights of a model are.
func here(ctx context.Context, dir string, s backbones.Spec, top bool) string {
	_, err := fetch.Weights(ctx, s, fetch.Options{Dir: dir, Top: top, Offline: true})
	if err == nil {
		return "yes"
	}
	if store, _ := embedded(s.Name, top); store != nil {
		return "embedded"
	}
	return "no"
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
