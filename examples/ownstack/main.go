// Ownstack sets a backbone of its own beside a built-in one and trains a
// classifier on both. It needs nothing: it draws its own photos, a kennel of
// invented dogs.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/examples/dogbreed/kennel"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

// edges is a small backbone of our own: two strided convolutions with random
// weights, 32 features. It is declared just like the built-in ones.
var edges = backbones.Spec{
	Name:       "edges",
	Preprocess: data.TF, // [0, 255] → [-1, 1]
	InputSize:  64,
	Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
		x = b.Conv2D("a", x, nn.Conv2D{Filters: 16, Kernel: 3, Stride: 2, Bias: true, Activation: nn.ReLU})
		return b.Conv2D("b", x, nn.Conv2D{Filters: 32, Kernel: 3, Stride: 2, Bias: true, Activation: nn.ReLU})
	},
}

// newStack sets EfficientNet-Lite0, with ImageNet weights, beside edges:
// 1,280 + 32 features.
func newStack() (*stack.Stack, error) {
	params, err := efficientnetlite0.Weights()
	if err != nil {
		return nil, err
	}
	lite, err := backbones.New(backbones.EfficientNetLite0(), params, backbones.Config{InputSize: 128})
	if err != nil {
		return nil, err
	}
	own, err := backbones.New(edges, weights.Random(1), backbones.Config{Pooling: backbones.Max})
	if err != nil {
		return nil, err
	}
	return stack.New(lite, own)
}

func main() {
	out := flag.String("out", "ownstack-out", "`folder` for the photos and the classifier")
	photos := flag.Int("photos", 20, "`photos` to draw of each breed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, *photos, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ownstack:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, dir string, perBreed int, out io.Writer) error {
	if err := kennel.Write(dir+"/kennel", kennel.Options{Photos: perBreed}); err != nil {
		return err
	}
	photos, err := data.OpenCSV(os.DirFS(dir+"/kennel"), "labels.csv", "train")
	if err != nil {
		return err
	}
	s, err := newStack()
	if err != nil {
		return err
	}
	if err := s.Summary(out); err != nil {
		return err
	}

	features, err := s.Extract(ctx, photos, stack.Extraction{})
	if err != nil {
		return err
	}
	fit, held, err := features.Split(0.2)
	if err != nil {
		return err
	}
	h, err := head.New(head.Config{Inputs: s.Features(), Classes: features.Classes, Dropout: 0.5})
	if err != nil {
		return err
	}
	training := head.Training{Epochs: 40, Batch: 16}
	for epoch, err := range h.Train(ctx, fit, held, training) {
		if err != nil {
			return err
		}
		if epoch.N%5 == 0 {
			fmt.Fprintf(out, "epoch %2d  loss %.3f  held out: loss %.3f, %.0f %% right\n", epoch.N, epoch.Loss, epoch.ValLoss, 100*epoch.ValAccuracy)
		}
	}

	c := &stack.Classifier{Stack: s, Head: h}
	if err := c.Save(dir + "/classifier"); err != nil {
		return err
	}
	best, err := c.PredictFile(ctx, dir+"/kennel/"+held.Files[0], 3)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s is a %s; the classifier says:\n", held.Files[0], held.Classes[held.Labels[0]])
	for _, p := range best {
		fmt.Fprintf(out, "  %5.1f %%  %s\n", 100*p.Probability, p.Class)
	}
	return nil
}
