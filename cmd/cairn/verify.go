package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

func newWeightsVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify DIR|MODEL...",
		Short: "Read whole folders of weights against their manifests",
		Long: `Reads every file of a folder of weights, or of that of a MODEL in the cache or in the
program, against its manifest: shape, type and SHA-256. Damage is listed, and the
exit code is 4.`,
		Example: `  cairn weights verify resnet50v2
  cairn weights verify weights/resnet50v2`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var faults []error
			for _, arg := range args {
				store, from, err := openFolder(arg)
				if err == nil {
					if err = store.Verify(c.Context()); err != nil && c.Context().Err() == nil {
						err = &exitError{exitDamaged, fmt.Errorf("%s: %w", from, err)}
					}
				}
				if err != nil {
					faults = append(faults, err)
					continue
				}
				note := ""
				if store.Manifest().Parameters == nil {
					note = ", as far as can be told without manifest.json"
				}
				fmt.Fprintf(c.OutOrStdout(), "%s: good%s\n", from, note)
			}
			return errors.Join(faults...)
		},
	}
}
