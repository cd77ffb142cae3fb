package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/stack/cache"
)

func newCache() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "Look into, check and shorten the cache of features",
		Long: `The cache holds what models made of photos, for cairn extract and train: a row for
each photo, by its content, and each model with its size, weights and settings. Any
number of processes may use it at once.

` + exitCodes,
	}
	c.AddCommand(newCacheInfo(), newCacheVerify(), newCachePrune())
	return c
}

// addCacheDir adds the flag that names the folder.
func addCacheDir(c *cobra.Command, at *caching) {
	c.Flags().StringVar(&at.cache, "cache", "", "folder of the cache (empty = "+defaultCacheHelp+")")
}

// openCacheDir opens the cache that --cache names.
func openCacheDir(c *cobra.Command, at *caching, readOnly bool) (*cache.Cache, error) {
	dir, err := at.dir()
	if err != nil {
		return nil, err
	}
	return cache.Open(dir, cache.Config{
		ReadOnly: readOnly,
		Waiting:  func(message string) { fmt.Fprintln(c.ErrOrStderr(), message) },
		Damaged:  func(err error) { fmt.Fprintln(c.ErrOrStderr(), err) },
	})
}

func newCacheInfo() *cobra.Command {
	var at caching
	c := &cobra.Command{
		Use:   "info",
		Short: "Tell what the cache holds",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			opened, err := openCacheDir(c, &at, true)
			if err != nil {
				return err
			}
			defer opened.Close()
			info, err := opened.Info(c.Context())
			if err != nil {
				return err
			}
			return writeCacheInfo(c.OutOrStdout(), info)
		},
	}
	addCacheDir(c, &at)
	return c
}

func writeCacheInfo(w io.Writer, info cache.Info) error {
	if info.Rows == 0 {
		_, err := fmt.Fprintf(w, "%s: empty\n", info.Path)
		return err
	}
	fmt.Fprintf(w, "%s: %d rows of %.1f MB in a file of %.1f MB, from %s to %s\n", info.Path, info.Rows, float64(info.Bytes)/1e6,
		float64(info.FileBytes)/1e6, info.Oldest.Format(time.DateTime), info.Newest.Format(time.DateTime))
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "rows\tMB\tid\tmodel")
	for _, m := range info.Members {
		fmt.Fprintf(t, "%d\t%.1f\t%.8x\t%s\n", m.Rows, float64(m.Bytes)/1e6, m.Fingerprint[:4], m.About)
	}
	return t.Flush()
}

func newCacheVerify() *cobra.Command {
	var at caching
	c := &cobra.Command{
		Use:   "verify",
		Short: "Read every row of the cache against its checksum",
		Long: `Reads every row of the cache against its checksum, and the index against the
rows. Damaged rows are listed, and the exit code is 4; they are never used, and
cairn cache prune removes them.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			opened, err := openCacheDir(c, &at, true)
			if err != nil {
				return err
			}
			defer opened.Close()
			good, damage, err := opened.Verify(c.Context())
			if err != nil {
				return err
			}
			const named = 20
			for i, d := range damage {
				if i == named {
					fmt.Fprintf(c.OutOrStdout(), "and %d more\n", len(damage)-named)
					break
				}
				fmt.Fprintln(c.OutOrStdout(), d)
			}
			fmt.Fprintf(c.OutOrStdout(), "%d good rows\n", good)
			if len(damage) > 0 {
				return &exitError{exitDamaged, fmt.Errorf("%d damaged places in the cache", len(damage))}
			}
			return nil
		},
	}
	addCacheDir(c, &at)
	return c
}

func newCachePrune() *cobra.Command {
	var at caching
	var maxMB int64
	var age time.Duration
	var models []string
	c := &cobra.Command{
		Use:   "prune",
		Short: "Remove rows from the cache and give the room back",
		Long: `Removes rows from the cache, writes the others into a new file and replaces the
old one by it. Without flags only what is damaged goes.`,
		Example: `  cairn cache prune --max 2000                # the newest 2,000 MB stay
  cairn cache prune --older 720h              # what was computed more than 30 days ago goes
  cairn cache prune --model 3f9a01c2          # what cairn cache info lists by that id goes`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if maxMB < 0 || age < 0 {
				return &exitError{exitUsage, fmt.Errorf("--max, --older: want 0 or above, got %d and %v", maxMB, age)}
			}
			opened, err := openCacheDir(c, &at, false)
			if err != nil {
				return err
			}
			defer opened.Close()
			before, err := opened.Info(c.Context())
			if err != nil {
				before = cache.Info{} // damaged: prune mends it
			}
			p := cache.Pruning{MaxBytes: maxMB * 1e6, MaxAge: age}
			for _, id := range models {
				found := false
				for _, m := range before.Members {
					if len(id) >= 4 && strings.HasPrefix(hex.EncodeToString(m.Fingerprint[:]), id) {
						p.Members, found = append(p.Members, m.Fingerprint), true
					}
				}
				if !found {
					return &exitError{exitUsage, fmt.Errorf("--model: want an id that cairn cache info lists, got %q", id)}
				}
			}
			if err := opened.Prune(c.Context(), p); err != nil {
				return err
			}
			after, err := opened.Info(c.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %d rows and %.1f MB before, %d rows and %.1f MB now\n", after.Path,
				before.Rows, float64(before.FileBytes)/1e6, after.Rows, float64(after.FileBytes)/1e6)
			return err
		},
	}
	addCacheDir(c, &at)
	c.Flags().Int64Var(&maxMB, "max", 0, "megabytes that stay at most, the newest rows (0 = all)")
	c.Flags().DurationVar(&age, "older", 0, "rows computed longer ago go, such as 720h (0 = none)")
	c.Flags().StringSliceVar(&models, "model", nil, "ids of models whose rows go")
	return c
}
