package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/stack"
)

func newPredict() *cobra.Command {
	var m members
	var k int
	var imagenet, classes string
	c := &cobra.Command{
		Use:   "predict [DIR] PHOTO...",
		Short: "Classify photos with a trained classifier",
		Long: `Classifies photos with the classifier that cairn train wrote into DIR. Models,
weights and size must be those that it was trained with; anything else is an error.

With --imagenet MODEL there is no DIR: the model's own 1,000 classes of ImageNet
are what Keras's decode_predictions gives. --weights has the folder MODEL with top,
and --classes Keras's imagenet_class_index.json.`,
		Example: `  cairn predict dogs-classifier rex.jpg --top 3
  cairn predict --imagenet resnet50v2 --weights weights --classes imagenet_class_index.json rex.jpg`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if imagenet != "" {
				return predictImageNet(c, &m, imagenet, classes, k, args)
			}
			if len(args) < 2 {
				return errors.New("want the folder of a classifier and photos, or --imagenet and photos")
			}
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
	c.Flags().StringVar(&imagenet, "imagenet", "", "predict the classes of ImageNet with this model")
	c.Flags().StringVar(&classes, "classes", "imagenet_class_index.json", "Keras's file with the classes of ImageNet")
	c.Flags().IntVar(&k, "top", 5, "classes to print (0 = all)")
	return c
}
