package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
	"github.com/cairnml/cairn/weights/efficientnetlite1"
	"github.com/cairnml/cairn/weights/fetch"
)

// orCache is the folder that a flag names, or else that of the operating system
// for what can be fetched again, such as ~/.cache/cairn.
func orCache(named string) (string, error) {
	if named != "" {
		return named, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for weights: %w", err)
	}
	return filepath.Join(dir, "cairn"), nil
}

// embedded opens weights that are in the program, nil for others.
func embedded(model string, top bool) (*weights.Store, error) {
	switch {
	case model == "efficientnetlite0":
		return efficientnetlite0.Weights()
	case model == "efficientnetlite1" && !top:
		return efficientnetlite1.Weights()
	}
	return nil, nil
}

// drawnWeights makes those of --weights random:SEED and closedform:NAME, nil for
// others.
func drawnWeights(flag, model string) (nn.Params, error) {
	kind, argument, _ := strings.Cut(flag, ":")
	switch kind {
	case "random":
		seed, err := strconv.ParseUint(argument, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("--weights random:SEED: want a number, got %q", argument)
		}
		return weights.Random(seed), nil
	case "closedform":
		return weights.ClosedForm(argument, weights.KerasGain(model)), nil
	}
	return nil, nil
}

// openWeights opens those of a backbone: what --weights names, or else in the
// program, or else in the cache.
func openWeights(ctx context.Context, dir string, s backbones.Spec, top bool) (nn.Params, error) {
	if strings.Contains(dir, ":") {
		if params, err := drawnWeights(dir, s.Name); params != nil || err != nil {
			return params, err
		}
	}
	if dir == "embedded" {
		store, err := embedded(s.Name, top)
		if store == nil && err == nil {
			return nil, fmt.Errorf("--weights: %s has no embedded weights", kindOf(s.Name, top))
		}
		return store, err
	}
	if dir != "" {
		return openOwn(dir, s.Name)
	}
	if store, err := embedded(s.Name, top); store != nil || err != nil {
		return store, err
	}
	cache, err := orCache("")
	if err != nil {
		return nil, fmt.Errorf("%w: want --weights DIR", err)
	}
	store, err := fetch.Weights(ctx, s, fetch.Options{Dir: cache, Top: top, Offline: true})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not in %s: %s, or name a folder that has it with --weights", kindOf(s.Name, top), cache, howToGet(s.Name, top))
	}
	return store, err
}

// openOwn opens the weights of a model in the folder that --weights names.
func openOwn(dir, model string) (*weights.Store, error) {
	folder := filepath.Join(dir, model)
	store, err := weights.Dir(os.DirFS(folder))
	switch {
	case err == nil:
		return store, nil
	case exists(folder):
		return nil, fmt.Errorf("--weights: %s: %w", folder, err)
	case !exists(dir):
		return nil, fmt.Errorf("--weights: there is no folder %s", dir)
	case exists(filepath.Join(dir, "manifest.json")):
		return nil, fmt.Errorf("--weights %s: want the folder above, which has a folder %s, got a folder of weights itself", dir, model)
	}
	return nil, fmt.Errorf("--weights %s: there is no folder %s in it", dir, model)
}

// openFolder opens the folder of weights of that path or, if there is none, those
// of the model of that name in the program or in the cache; from says where.
func openFolder(arg string) (store *weights.Store, from string, err error) {
	if _, unknown := backbones.Lookup(arg); exists(arg) || unknown != nil {
		store, err = weights.Dir(os.DirFS(arg))
		if err != nil && !exists(arg) {
			err = errors.New("neither a folder nor a model, see cairn weights list")
		}
		return store, arg, named(arg, err)
	}
	if store, err = embedded(arg, false); store != nil || err != nil {
		return store, "embedded " + arg, err
	}
	cache, err := orCache("")
	if err != nil {
		return nil, arg, err
	}
	folder := filepath.Join(cache, arg)
	if !exists(folder) {
		return nil, arg, fmt.Errorf("%s is not in %s: %s", arg, cache, howToGet(arg, false))
	}
	store, err = weights.Dir(os.DirFS(folder))
	return store, folder, named(folder, err)
}

func named(file string, err error) error {
	if err != nil {
		err = fmt.Errorf("%s: %w", file, err)
	}
	return err
}

func kindOf(model string, top bool) string {
	if top {
		return model + " with top"
	}
	return model
}

// howToGet says how weights come into the cache.
func howToGet(model string, top bool) string {
	flag := ""
	if top {
		flag = " --top"
	}
	if fileOf(model, top) != nil {
		return fmt.Sprintf("get it with `cairn weights fetch %s%s`", model, flag)
	}
	return fmt.Sprintf("put it there with `cairn weights import FILE --model %s`", model)
}

// fileOf is what Keras has of a model, or nil.
func fileOf(model string, top bool) *fetch.File {
	for _, f := range fetch.Keras() {
		if f.Model == model && f.Top == top {
			return &f
		}
	}
	return nil
}

// readClasses reads Keras's class index: the file that --classes names, or else
// the one in the folder that --weights names, or else in the cache.
func readClasses(file, dir string) ([]backbones.Class, error) {
	if file == "" {
		cache, err := orCache("")
		if err != nil {
			return nil, fmt.Errorf("%w: want --classes FILE", err)
		}
		file = filepath.Join(cache, fetch.ClassIndex+".json")
		if beside := filepath.Join(dir, fetch.ClassIndex+".json"); dir != "" && exists(beside) {
			file = beside
		}
		if !exists(file) {
			return nil, fmt.Errorf("no %s.json in %s: get it with `cairn weights fetch %[1]s`, or name it with --classes", fetch.ClassIndex, cache)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("--classes: %w", err)
	}
	defer f.Close()
	index, err := backbones.ReadClasses(f)
	if err != nil {
		return nil, fmt.Errorf("--classes %s: %w", file, err)
	}
	return index, nil
}
