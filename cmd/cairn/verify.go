package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/weights"
)

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
