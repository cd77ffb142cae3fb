package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/stack"
)

func newPredict() *cobra.Command {
	var m members
	var k int
	c := &cobra.Command{
		Use:   "predict DIR PHOTO...",
		Short: "Classify photos with a trained classifier",
		Long: `Classifies photos with the classifier that cairn train wrote into DIR. Models,
weights and size must be those that it was trained with; anything else is an error.`,
		Example: "  cairn predict dogs-classifier rex.jpg --top 3",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := m.open()
			if err != nil {
				return err
			}
			defer s.Close()
			classifier, err := stack.Open(os.DirFS(args[0]), s)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			for _, file := range args[1:] {
				best, err := classifier.PredictFile(c.Context(), file, k)
				if err != nil {
					return err
				}
				fmt.Fprintln(c.OutOrStdout(), file)
				for _, p := range best {
					fmt.Fprintf(c.OutOrStdout(), "%8.2f %%  %s\n", 100*p.Probability, p.Class)
				}
			}
			return nil
		},
	}
	m.addTo(c.Flags())
	c.Flags().IntVar(&k, "top", 5, "classes to print (0 = all)")
	return c
}
