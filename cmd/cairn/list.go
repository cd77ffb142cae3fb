package main

import (
	"context"
	"fmt"
	"path/filepath"

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
			const row = "%-17s  %8s  %10s  %8s  %-8s  %13s  %s\n"
			out := c.OutOrStdout()
			fmt.Fprintf(out, row, "model", "features", "parameters", "file", "here", "file with top", "here")
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
				fmt.Fprintf(out, row, s.Name, thousands(product(output.Shape())), thousands(count),
					sizeOf(s.Name, false), here(c.Context(), dir, s, false), sizeOf(s.Name, true), here(c.Context(), dir, s, true))
			}
			index := "no"
			if exists(filepath.Join(dir, fetch.ClassIndex+".json")) {
				index = "yes"
			}
			_, err = fmt.Fprintf(out, "\n%s: %s\nfolder: %s\n", fetch.ClassIndex, index, dir)
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
