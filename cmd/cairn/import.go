package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/zipfile"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/fetch"
)

func newWeightsImport() *cobra.Command {
	var model, out string
	c := &cobra.Command{
		Use:   "import FILE...",
		Short: "Turn a .h5, .keras or .npz file, or a folder of .npy files, into a folder of weights",
		Long: `Turns weights into a folder of .npy files with a manifest: MODEL in the cache, where
other commands find it, or in the folder --out, for their --weights. FILE is one of

  .h5, .keras   a weight file or model of Keras 1, 2 or 3, matched as Keras does it
  .npz          arrays with Keras's names, such as conv1_conv/kernel, which
                numpy.savez(file, **{v.path: v for v in model.weights}) writes
  a folder      of .npy files with such names
  imagenet_class_index.json, Keras's names of the classes, which goes there as it is

Which model it is, and whether it has the 1,000-class top, is found out from names
and shapes. Weights with top are good for the model without top, too. With --model,
weights that do not fit are an error that lists what is missing or misshapen.`,
		Example: `  cairn weights import resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5 --out weights
  cairn weights import mine.keras --model densenet121`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			out, err := orCache(out)
			if err != nil {
				return fmt.Errorf("%w: want --out DIR", err)
			}
			imported := map[string]string{} // the file of each model
			for _, file := range args {
				if filepath.Ext(file) == ".json" {
					if err := importClasses(c.Context(), c.OutOrStdout(), file, fetch.Options{Dir: out}); err != nil {
						return err
					}
					continue
				}
				name, err := importWeights(c, file, model, out, imported)
				if err != nil {
					return err
				}
				imported[name] = file
			}
			return nil
		},
	}
	c.Flags().StringVar(&model, "model", "", "backbone that the file belongs to, such as resnet50v2 (empty = find out)")
	c.Flags().StringVar(&out, "out", "", "folder that gets the folder MODEL (empty = the cache)")
	return c
}

// importWeights imports one file, unless its model is among those that are done.
func importWeights(c *cobra.Command, file, model, out string, done map[string]string) (string, error) {
	src, err := openSource(file)
	if err != nil {
		return "", err
	}
	defer src.Close()
	fit, err := src.identify(model)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if other := done[fit.model]; other != "" {
		return "", fmt.Errorf("%s and %s are both %s: want one of them", other, file, fit.model)
	}
	dir := filepath.Join(out, fit.model)
	if err := os.MkdirAll(out, 0o777); err != nil {
		return "", err
	}
	unlock, err := fetch.Lock(c.Context(), out, fit.model, func() {
		fmt.Fprintf(c.ErrOrStderr(), "%s: another process is writing it, waiting\n", dir)
	})
	if err != nil {
		return "", err
	}
	defer unlock()
	err = weights.Save(dir, weights.Manifest{
		Model: fit.model, Source: "imported from " + filepath.Base(file), SourceFile: src.name,
		SourceSHA256: src.sha256, License: src.license, Tool: "cairn " + version(), Parameters: fit.parameters,
	}, fit.params)
	if err != nil {
		return "", err
	}
	top := "without top"
	if fit.top {
		top = "with top"
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d arrays of %s, %s\n", dir, len(fit.parameters), fit.model, top)
	if cache, _ := orCache(""); err == nil && out == cache {
		if store, _ := embedded(fit.model, fit.top); store != nil {
			_, err = fmt.Fprintf(c.ErrOrStderr(), "the weights of %s in the program are used unless a command has --weights %s\n", fit.model, out)
		}
	}
	return fit.model, err
}

// source is an open file or folder of weights.
type source struct {
	io.Closer
	name, sha256 string // of a file
	license      string // of a folder
	match        func([]weights.Parameter) (weights.Params, error)
}

// openSource opens a file by what is in it and not by its name.
func openSource(path string) (*source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		fsys := os.DirFS(path)
		src := &source{Closer: io.NopCloser(nil)}
		store, err := weights.Dir(fsys)
		if err == nil {
			src.license = store.Manifest().License
			src.match, err = matchNames(store, fsys)
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("want a .h5, .keras or .npz file or a folder of .npy files, got a folder without any; a SavedModel must be saved by Keras as .keras or .h5 first")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return src, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	src := &source{Closer: f, name: filepath.Base(path)}
	if err := src.open(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return src, nil
}

func (s *source) open(f *os.File) error {
	sum := sha256.New()
	size, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	s.sha256 = hex.EncodeToString(sum.Sum(nil))
	format, err := formatOf(f)
	switch {
	case err != nil:
		return err
	case format == formatNpz:
		archive, err := zipfile.Open(f, size)
		if err != nil {
			return err
		}
		store, err := weights.Dir(archive)
		if err == nil {
			s.match, err = matchNames(store, archive)
		}
		return err
	case format != formatHDF5 && format != formatKeras:
		return fmt.Errorf("want a .h5, .keras or .npz file or a folder of .npy files, got %s", format)
	}
	h, err := weights.OpenH5(f, size)
	if err != nil {
		return err
	}
	s.match = func(list []weights.Parameter) (weights.Params, error) { return h.Match(list) }
	return nil
}

// matchNames matches arrays whose names are those of the parameters.
func matchNames(store *weights.Store, fsys fs.FS) (func([]weights.Parameter) (weights.Params, error), error) {
	names, err := namesOf(store, fsys)
	if err != nil {
		return nil, err
	}
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	return func(list []weights.Parameter) (weights.Params, error) {
		surplus := make(map[string]bool, len(there))
		for name := range there {
			surplus[name] = true
		}
		var missing []string
		for _, p := range list {
			if !there[p.Name] {
				missing = append(missing, p.Name)
			}
			delete(surplus, p.Name)
		}
		if len(missing)+len(surplus) == 0 {
			return store, nil
		}
		var more []string
		for name := range surplus {
			more = append(more, name)
		}
		slices.Sort(more)
		return nil, fmt.Errorf("want %d arrays, got %d: missing %s; surplus %s", len(list), len(there), few(missing), few(more))
	}, nil
}

// namesOf lists what is in a folder of weights, as its manifest does if it has one.
func namesOf(store *weights.Store, fsys fs.FS) ([]string, error) {
	var names []string
	for _, p := range store.Manifest().Parameters {
		names = append(names, p.Name)
	}
	if names != nil {
		return names, nil
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if base, ok := strings.CutSuffix(name, ".npy"); ok && err == nil && !d.IsDir() {
			names = append(names, base)
		}
		return err
	})
	return names, err
}

// few lists the first few names.
func few(names []string) string {
	const most = 3
	switch {
	case len(names) == 0:
		return "none"
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// fit is a model with weights that fit it.
type fit struct {
	model      string
	top        bool
	parameters []weights.Parameter
	params     weights.Params
}

// identify finds the model, or is an error if it is not the one of that name.
func (s *source) identify(model string) (fit, error) {
	if model != "" {
		spec, err := backbones.Lookup(model)
		if err != nil {
			return fit{}, fmt.Errorf("--model: %w", err)
		}
		found, err := s.fits(spec)
		if err == nil {
			return found, nil
		}
		if other, e := s.identify(""); e == nil {
			return fit{}, fmt.Errorf("--model %s: these are weights of %s", model, other.model)
		}
		return fit{}, fmt.Errorf("--model %s: %w", model, err)
	}
	var all []string // different errors
	for _, spec := range backbones.All() {
		found, err := s.fits(spec)
		if err == nil {
			return found, nil
		}
		if !slices.Contains(all, err.Error()) {
			all = append(all, err.Error())
		}
	}
	if len(all) == 1 { // nothing to do with the models
		return fit{}, errors.New(all[0])
	}
	return fit{}, errors.New("the weights fit no backbone of cairn; --model NAME says what differs from one, cairn weights info lists what is there")
}

// fits matches a model without top, then with.
func (s *source) fits(spec backbones.Spec) (fit, error) {
	var first error
	for _, top := range []bool{false, true} {
		list, err := spec.Parameters(backbones.Config{Top: top})
		if err != nil {
			return fit{}, err
		}
		params, err := s.match(list)
		if err == nil {
			return fit{spec.Name, top, list, params}, nil
		}
		if first == nil {
			first = err
		}
	}
	return fit{}, first
}
