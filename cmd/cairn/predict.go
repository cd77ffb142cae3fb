package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/stack"
)

func newPredict() *cobra.Command {
	var m members
	var k int
	var asJSON bool
	var imagenet, classes string
	c := &cobra.Command{
		Use:   "predict [DIR] PHOTO...",
		Short: "Classify photos with a trained classifier",
		Long: `Classifies photos with the classifier that cairn train wrote into DIR. What it was
trained with (models, input sizes, resizing) stands in DIR; the weights of its
models are embedded, in the cache or in --weights, and others are an error.

With --imagenet MODEL there is no DIR: the model's own 1,000 classes of ImageNet
are what Keras's decode_predictions gives. Weights with top and the names of the
classes are those that cairn weights fetch --top has put into the cache, or those
that --weights and --classes name.`,
		Example: `  cairn predict dogs-classifier rex.jpg --top 3
  cairn weights fetch resnet50v2 --top && cairn predict --imagenet resnet50v2 rex.jpg`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if imagenet != "" {
				return predictImageNet(c, &m, imagenet, classes, k, asJSON, args)
			}
			if len(args) < 2 {
				return errors.New("want the folder of a classifier and photos, or --imagenet and photos")
			}
			if m.size != 0 {
				return errors.New("--size is for --imagenet: a classifier knows its own")
			}
			classifier, err := stack.Load(os.DirFS(args[0]), func(spec backbones.Spec, top bool) (nn.Params, error) {
				return openWeights(c.Context(), m.weights, spec, top)
			})
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			defer classifier.Stack.Close()
			for _, file := range args[1:] {
				best, err := classifier.PredictFile(c.Context(), file, k)
				if err != nil {
					return err
				}
				list := make([]guess, len(best))
				for i, p := range best {
					list[i] = guess{Class: p.Class, Probability: p.Probability}
				}
				if err := printGuesses(c.OutOrStdout(), file, list, asJSON); err != nil {
					return err
				}
			}
			return nil
		},
	}
	m.addWeightsTo(c.Flags())
	c.Flags().IntVar(&m.size, "size", 0, "with --imagenet, height and width of the input in pixels (0 = the model's own)")
	c.Flags().StringVar(&imagenet, "imagenet", "", "predict the classes of ImageNet with this model")
	c.Flags().StringVar(&classes, "classes", "", "Keras's imagenet_class_index.json (empty = that in the folder of --weights, or in the cache)")
	c.Flags().IntVar(&k, "top", 5, "classes to print (0 = all)")
	c.Flags().BoolVar(&asJSON, "json", false, "a JSON object a line instead of a table")
	return c
}

// guess is a class that a photo may be of.
type guess struct {
	ID          string  `json:"id,omitempty"` // of ImageNet
	Class       string  `json:"class"`
	Probability float32 `json:"probability"`
}

func printGuesses(w io.Writer, file string, list []guess, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(struct {
			File    string  `json:"file"`
			Classes []guess `json:"classes"`
		}{file, list})
	}
	fmt.Fprintln(w, file)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, g := range list {
		fmt.Fprintf(t, "%8.2f %%", 100*g.Probability)
		if g.ID != "" {
			fmt.Fprintf(t, "\t%s", g.ID)
		}
		fmt.Fprintf(t, "\t%s\n", g.Class)
	}
	return t.Flush()
}
