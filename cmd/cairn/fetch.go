package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights/fetch"
)

// newWeightsFetch fetches those files, nil being Keras's.
func newWeightsFetch(files []fetch.File) *cobra.Command {
	var o fetch.Options
	c := &cobra.Command{
		Use:   "fetch MODEL...",
		Short: "Download Keras's weights once, for all commands",
		Long: `Downloads the files of weights that Keras uses, checks their hashes and turns them
into folders of weights in the cache, where all commands find them. With --top also
the names of the classes of ImageNet, imagenet_class_index, which can be named like
a model, too. What is there already is verified instead.

A download that was cut off goes on where it ended. Proxies are those of
HTTPS_PROXY and NO_PROXY.

--mirror is an address or a folder that has the files by their names; it is asked
instead of Keras's address, and may be given several times. A folder can be
~/.keras/models, where Keras keeps what it has downloaded.`,
		Example: `  cairn weights fetch resnet50v2 densenet121
  cairn weights fetch vgg16 --top
  cairn weights fetch resnet50v2 --mirror ~/.keras/models`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if o.Dir, err = orCache(o.Dir); err != nil {
				return fmt.Errorf("%w: want --dir DIR", err)
			}
			o.Files, o.Client = files, http.DefaultClient // which has the proxies of the environment
			if o.Top {
				args = append(args, fetch.ClassIndex)
			}
			var faults []error
			for _, name := range args {
				if err := fetchOne(c, name, o); err != nil {
					faults = append(faults, err)
				}
				if c.Context().Err() != nil {
					return errors.New("stopped; the same command goes on with what has come")
				}
			}
			return errors.Join(faults...)
		},
	}
	c.Flags().BoolVar(&o.Top, "top", false, "weights with the 1,000-class top, and the names of the classes")
	c.Flags().StringArrayVar(&o.Mirrors, "mirror", nil, "address or folder that has the files")
	c.Flags().StringVar(&o.Dir, "dir", "", "folder to fetch into, for --weights of other commands (empty = the cache)")
	return c
}

// fetchOne fetches a model, or the class index, unless it is there.
func fetchOne(c *cobra.Command, name string, o fetch.Options) error {
	begin, downloaded := time.Now(), false
	bar := newBar(c.ErrOrStderr(), name)
	o.Progress = func(p fetch.Progress) {
		downloaded = downloaded || p.Step == fetch.Load
		bar.show(p)
	}
	what, err := fetchNamed(c.Context(), name, o)
	bar.end()
	if err != nil {
		return err
	}
	if downloaded {
		what += fmt.Sprintf(", %.1f s", time.Since(begin).Seconds())
	} else {
		what += ", was there"
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), what)
	return err
}

// fetchNamed returns what there is then.
func fetchNamed(ctx context.Context, name string, o fetch.Options) (string, error) {
	if name == fetch.ClassIndex {
		classes, err := fetch.Classes(ctx, o)
		return fmt.Sprintf("%s.json: names of %d classes", filepath.Join(o.Dir, name), len(classes)), err
	}
	s, err := backbones.Lookup(name)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(o.Dir, name)
	was := exists(folder)
	store, err := fetch.Weights(ctx, s, o)
	if err != nil {
		if e, _ := embedded(name, o.Top); e != nil {
			err = fmt.Errorf("%s: nothing to fetch, its weights are in the program", name)
		}
		return "", err
	}
	if was {
		if err := store.Verify(ctx); err != nil {
			return "", fmt.Errorf("%s is damaged; remove it and fetch or import it again: %w", folder, err)
		}
	}
	return fmt.Sprintf("%s: %d parameters", folder, len(store.Manifest().Parameters)), nil
}

// importClasses takes Keras's class index into a folder, by its hash.
func importClasses(ctx context.Context, out io.Writer, file string, o fetch.Options) error {
	if filepath.Base(file) != fetch.ClassIndex+".json" {
		return fmt.Errorf("%s: want %s.json, or a file of weights", file, fetch.ClassIndex)
	}
	o.Mirrors = []string{filepath.Dir(file)}
	classes, err := fetch.Classes(ctx, o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: names of %d classes\n", filepath.Join(o.Dir, fetch.ClassIndex+".json"), len(classes))
	return err
}
