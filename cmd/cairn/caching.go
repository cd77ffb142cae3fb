package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/spf13/pflag"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/stack/cache"
)

// noCache is the --cache that keeps nothing.
const noCache = "none"

// caching is the flags that choose a cache.
type caching struct {
	cache string
	limit int64 // MB
}

func (c *caching) addTo(flags *pflag.FlagSet) {
	flags.StringVar(&c.cache, "cache", "", "folder that keeps features of photos, for any number of processes; none keeps nothing (empty = "+defaultCacheHelp+")")
	flags.Int64Var(&c.limit, "cache-max", 0, "megabytes that the cache may hold; beyond that the oldest features go (0 = no limit)")
}

const defaultCacheHelp = "cairn/features in the user's cache folder"

// dir is the folder of the cache.
func (c *caching) dir() (string, error) {
	if c.cache != "" {
		return c.cache, nil
	}
	dir, err := orCache("")
	if err != nil {
		return "", fmt.Errorf("%w: name one with --cache, or none", err)
	}
	return filepath.Join(dir, "features"), nil
}

// interrupted says of an error that the context is behind that nothing is lost.
func (c *caching) interrupted(err error) error {
	if errors.Is(err, context.Canceled) && c.cache != noCache {
		return &exitError{exitInterrupted, errors.New("interrupted: the same command goes on from here")}
	}
	return err
}

// keeping is the caches of an extraction.
type keeping struct {
	cache stack.Cache // may be nil
	close []func() error
}

func (k *keeping) Close() error {
	var errs []error
	for _, f := range k.close {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// openCache opens what may hold features of the photos: the cache, and what lies
// in the folder out of before.
func (c *caching) openCache(s *stack.Stack, out string, status io.Writer) (*keeping, error) {
	k := &keeping{}
	var all []stack.Cache
	if c.cache != noCache {
		dir, err := c.dir()
		if err != nil {
			return nil, err
		}
		opened, err := cache.Open(dir, cache.Config{
			MaxBytes: c.limit * 1e6,
			Waiting:  func(message string) { fmt.Fprintln(status, message) },
			Damaged:  func(err error) { fmt.Fprintf(status, "%v: computed again\n", err) },
		})
		if err != nil {
			return nil, fmt.Errorf("%w (--cache none goes without)", err)
		}
		k.close = append(k.close, opened.Close)
		all = append(all, opened.For(s))
	}
	if exists(filepath.Join(out, "manifest.json")) {
		old, closeOld, err := openToReplace(out)
		if err != nil {
			fmt.Fprintf(status, "%s is not used: %v\n", out, err)
		} else {
			k.close = append(k.close, closeOld)
			all = append(all, cache.Columns(old, s))
		}
	}
	if len(all) > 0 {
		k.cache = cache.First(all...)
	}
	return k, nil
}

// openToReplace opens features so that others can be put in their place
// meanwhile. Windows does not let mapped files go.
func openToReplace(dir string) (*data.Features, func() error, error) {
	if runtime.GOOS == "windows" {
		f, err := data.OpenFeatures(os.DirFS(dir))
		return f, func() error { return nil }, err
	}
	f, file, err := data.MapFeatures(dir)
	if err != nil {
		return nil, nil, err
	}
	return f, file.Close, nil
}
