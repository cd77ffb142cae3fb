package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/internal/npy"
	"github.com/cairnml/cairn/weights"
)

func newWeightsExport() *cobra.Command {
	var format, out string
	c := &cobra.Command{
		Use:   "export DIR|MODEL",
		Short: "Write a folder of weights as a .npz file, a .h5 file or another folder",
		Long: `Writes a folder of weights with a manifest, or those of a MODEL in the cache or in
the program, in one of the formats

  npz   a file for numpy.load, whose names are those of the weights
  h5    a file for load_weights of Keras 1 to 3; its name must not end in .weights.h5,
        which Keras 3 takes for its own format
  npy   a folder of weights, one file for numpy.load each`,
		Example: `  cairn weights export weights/resnet50v2 --out resnet50v2.h5
  cairn weights export efficientnetlite0 --format npy --out arrays`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			store, from, err := openFolder(args[0])
			if err != nil {
				return err
			}
			m := store.Manifest()
			if len(m.Parameters) == 0 {
				return fmt.Errorf("%s: want a folder with a manifest.json that lists parameters", from)
			}
			if format == "" {
				format = formatByName(out)
			}
			switch format {
			case "h5":
				if strings.HasSuffix(out, ".weights.h5") {
					return fmt.Errorf("--out %s: want another name: Keras 3 takes .weights.h5 for its own format", out)
				}
				err = durable.WriteFile(out, func(w io.Writer) error { return weights.WriteH5(w, m.Parameters, store) })
			case "npz":
				err = durable.WriteFile(out, func(w io.Writer) error { return writeNpz(w, m.Parameters, store) })
			case "npy":
				err = weights.Save(out, m, store)
			case "":
				err = errors.New("want --format npz, h5 or npy, or a name that ends in .npz or .h5")
			default:
				err = fmt.Errorf("--format: want npz, h5 or npy, got %q", format)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", out, err)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d parameters of %s\n", out, len(m.Parameters), from)
			return err
		},
	}
	c.Flags().StringVar(&format, "format", "", "npz, h5 or npy (empty = as the name of --out ends)")
	c.Flags().StringVar(&out, "out", "", "file or, for npy, folder to write")
	_ = c.MarkFlagRequired("out") // it is defined above
	return c
}

// formatByName is "" if the name does not say.
func formatByName(name string) string {
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".npz", ".h5":
		return ext[1:]
	}
	return ""
}

func writeNpz(w io.Writer, parameters []weights.Parameter, params weights.Params) error {
	z := npy.NewZipWriter(w)
	for _, p := range parameters {
		t, err := params.Param(p.Name, p.Shape...)
		if err != nil {
			return err
		}
		if err := z.Write(p.Name, &npy.Array{Header: npy.Header{Shape: p.Shape}, Float32: t.Float32s()}); err != nil {
			return err
		}
	}
	return z.Close()
}
