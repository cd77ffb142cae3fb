package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/internal/npy"
	"github.com/cairnml/cairn/weights"
)

func newWeightsExport() *cobra.Command {
	var format, out string
	c := &cobra.Command{
		Use:   "export DIR",
		Short: "Write a folder of weights as one .npz or .h5 file",
		Long: `Writes a folder of weights with a manifest as one file: npz for numpy.load, h5 for
load_weights of Keras 1 to 3.`,
		Example: "  cairn weights export weights/resnet50v2 --format h5 --out resnet50v2.weights.h5",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			store, err := weights.Dir(os.DirFS(args[0]))
			if err != nil {
				return err
			}
			parameters := store.Manifest().Parameters
			if len(parameters) == 0 {
				return fmt.Errorf("%s: want a folder with a manifest.json that lists parameters", args[0])
			}
			write := func(w io.Writer) error { return weights.WriteH5(w, parameters, store) }
			switch format {
			case "h5":
			case "npz":
				write = func(w io.Writer) error { return writeNpz(w, parameters, store) }
			default:
				return fmt.Errorf("--format: want npz or h5, got %q", format)
			}
			if err := durable.WriteFile(out, write); err != nil {
				return fmt.Errorf("%s: %w", out, err)
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d parameters\n", out, len(parameters))
			return err
		},
	}
	c.Flags().StringVar(&format, "format", "npz", "npz or h5")
	c.Flags().StringVar(&out, "out", "", "file to write")
	_ = c.MarkFlagRequired("out") // it is defined above
	return c
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
