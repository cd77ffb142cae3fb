package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/internal/npy"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

func newWeights() *cobra.Command {
	c := &cobra.Command{
		Use:   "weights",
		Short: "Import, check, export and look into weights",
		Long: `Turns Keras's files into folders of weights and back, checks such folders, and
lists what is in .npy, .npz, .h5 and .keras files. Needs no Python.`,
	}
	c.AddCommand(newWeightsImport(), newWeightsVerify(), newWeightsExport(), newWeightsInfo())
	return c
}

// declared lists the parameters of a backbone in Keras's order.
func declared(model string, top bool) ([]weights.Parameter, error) {
	spec, err := backbones.Lookup(model)
	if err != nil {
		return nil, fmt.Errorf("--model: %w", err)
	}
	_, output, err := spec.Declare(backbones.Config{Top: top})
	if err != nil {
		return nil, err
	}
	list, err := nn.Weights(output)
	if err != nil {
		return nil, err
	}
	parameters := make([]weights.Parameter, len(list))
	for i, w := range list {
		parameters[i] = weights.Parameter{Name: w.Name, Shape: w.Shape}
	}
	return parameters, nil
}

func newWeightsImport() *cobra.Command {
	var model, out string
	var top bool
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "Turn a .h5 or .keras file of Keras into a folder of weights",
		Long: `Turns a weight file or model of Keras 1, 2 or 3 into a folder of .npy files with a
manifest: DIR/MODEL, which --weights DIR of other commands finds. The file is
matched with the model as Keras does it; what is missing or misshapen is listed.`,
		Example: "  cairn weights import resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5 --model resnet50v2 --out weights",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			parameters, err := declared(model, top)
			if err != nil {
				return err
			}
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			sum := sha256.New()
			size, err := io.Copy(sum, f)
			if err != nil {
				return err
			}
			h, err := weights.OpenH5(f, size)
			if err != nil {
				return err
			}
			params, err := h.Match(parameters)
			if err != nil {
				return err
			}
			dir := filepath.Join(out, model)
			err = weights.Save(dir, weights.Manifest{
				Model: model, Source: "imported from " + filepath.Base(args[0]), SourceFile: filepath.Base(args[0]),
				SourceSHA256: hex.EncodeToString(sum.Sum(nil)), Tool: "cairn " + version(), Parameters: parameters,
			}, params)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d parameters of %s\n", dir, len(parameters), model)
			return err
		},
	}
	c.Flags().StringVar(&model, "model", "", "backbone that the file belongs to, such as resnet50v2")
	c.Flags().StringVar(&out, "out", ".", "folder that gets the folder MODEL")
	c.Flags().BoolVar(&top, "top", false, "the file has the 1,000-class top")
	_ = c.MarkFlagRequired("model") // it is defined above
	return c
}

func newWeightsVerify() *cobra.Command {
	return &cobra.Command{
		Use:     "verify DIR...",
		Short:   "Read whole folders of weights against their manifests",
		Example: "  cairn weights verify weights/resnet50v2",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var faults []error
			for _, dir := range args {
				store, err := weights.Dir(os.DirFS(dir))
				if err == nil {
					err = store.Verify(c.Context())
				}
				if err != nil {
					faults = append(faults, fmt.Errorf("%s: %w", dir, err))
					continue
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: good\n", dir)
			}
			return errors.Join(faults...)
		},
	}
}

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

func newWeightsInfo() *cobra.Command {
	return &cobra.Command{
		Use:     "info FILE",
		Short:   "List names, types and shapes in a .npy, .npz, .h5 or .keras file",
		Example: "  cairn weights info model.keras",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			rows, err := contents(f)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			t := tabwriter.NewWriter(c.OutOrStdout(), 0, 8, 2, ' ', 0)
			for _, r := range rows {
				fmt.Fprintln(t, strings.TrimRight(strings.Join(r[:], "\t"), "\t"))
			}
			return t.Flush()
		},
	}
}

// contents lists name, type and shape of everything in a file, by what the file
// is and not by its name.
func contents(f *os.File) ([][3]string, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	magic := make([]byte, 6)
	n, err := f.ReadAt(magic, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch head := string(magic[:n]); {
	case head == "\x93NUMPY":
		d, err := npy.Describe(f)
		return [][3]string{{filepath.Base(f.Name()), d.Type(), fmt.Sprint(d.Shape)}}, err
	case strings.HasPrefix(head, "PK") && !isKeras(f, info.Size()):
		z, err := npy.OpenZip(f, info.Size())
		if err != nil {
			return nil, err
		}
		var rows [][3]string
		for _, name := range z.Names() {
			d, err := z.Describe(name)
			if err != nil {
				return nil, err
			}
			rows = append(rows, [3]string{name, d.Type(), fmt.Sprint(d.Shape)})
		}
		return rows, nil
	}
	h, err := weights.OpenH5(f, info.Size())
	if err != nil {
		return nil, err
	}
	entries, err := h.Entries()
	if err != nil {
		return nil, err
	}
	var rows [][3]string
	for _, e := range entries {
		row := [3]string{e.Path, e.Dtype, fmt.Sprint(e.Shape)}
		if e.Dtype == "" { // a group
			row[2] = ""
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// isKeras reports whether a zip file is a .keras file.
func isKeras(r io.ReaderAt, size int64) bool {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	for _, entry := range archive.File {
		if entry.Name == "model.weights.h5" {
			return true
		}
	}
	return false
}
