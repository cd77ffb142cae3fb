package cairn_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"log"
	"os"
	"testing/fstest"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

// tiny is a backbone of our own: one strided convolution, 16 features.
var tiny = backbones.Spec{
	Name:       "tiny",
	Preprocess: data.TF,
	InputSize:  32,
	Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
		return b.Conv2D("conv", x, nn.Conv2D{Filters: 16, Kernel: 3, Stride: 2, Activation: nn.ReLU})
	},
}

// newStack sets EfficientNet-Lite0 with ImageNet weights beside tiny.
func newStack() (*stack.Stack, error) {
	params, err := efficientnetlite0.Weights()
	if err != nil {
		return nil, err
	}
	lite, err := backbones.New(backbones.EfficientNetLite0(), params, backbones.Config{InputSize: 32})
	if err != nil {
		return nil, err
	}
	own, err := backbones.New(tiny, weights.Random(1), backbones.Config{})
	if err != nil {
		return nil, err
	}
	return stack.New(lite, own)
}

// train fits a head on the photos under files, one folder a class, and saves the
// classifier in out.
func train(ctx context.Context, s *stack.Stack, files fs.FS, out string) error {
	photos, err := data.OpenFolder(files)
	if err != nil {
		return err
	}
	features, err := s.Extract(ctx, photos, stack.Extraction{}) // the slow step, once
	if err != nil {
		return err
	}
	fit, held, err := features.Split(0.25)
	if err != nil {
		return err
	}
	h, err := head.New(head.Config{Inputs: features.Width, Classes: features.Classes, Dropout: 0.5})
	if err != nil {
		return err
	}
	training := head.Training{Epochs: 40, Callbacks: []head.Callback{head.EarlyStopping{Patience: 10, RestoreBestWeights: true}}}
	for epoch, err := range h.Train(ctx, fit, held, training) {
		if err != nil {
			return fmt.Errorf("epoch %d: %w", epoch.N, err)
		}
	}
	return (&stack.Classifier{Stack: s, Head: h}).Save(out)
}

// predict ranks the classes of one photo, best first.
func predict(ctx context.Context, s *stack.Stack, classifier, photo string) ([]stack.Prediction, error) {
	c, err := stack.Open(os.DirFS(classifier), s) // an error if s is not the stack it was trained on
	if err != nil {
		return nil, err
	}
	return c.PredictFile(ctx, photo, 1)
}

// A classifier from folders of photos to a prediction.
func Example() {
	ctx := context.Background()
	s, err := newStack()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "cairn")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := train(ctx, s, drawnPhotos(), dir+"/classifier"); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(dir+"/photo.png", drawn(true, 99), 0o600); err != nil {
		log.Fatal(err)
	}
	best, err := predict(ctx, s, dir+"/classifier", dir+"/photo.png")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Features(), "features:", best[0].Class)
	// Output: 1296 features: striped
}

// drawnPhotos are twelve pictures in two folders.
func drawnPhotos() fs.FS {
	files := fstest.MapFS{}
	for i := range 6 {
		files[fmt.Sprintf("plain/%d.png", i)] = &fstest.MapFile{Data: drawn(false, i)}
		files[fmt.Sprintf("striped/%d.png", i)] = &fstest.MapFile{Data: drawn(true, i)}
	}
	return files
}

func drawn(striped bool, seed int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 40, 32))
	for i := range 40 * 32 {
		x, y := i%40, i/40
		v := uint8(90 + seed*17%80 + (x*y+seed)%9)
		if striped && (x+y+seed)/5%2 == 0 {
			v += 70
		}
		img.Set(x, y, color.RGBA{v, v, 128, 255})
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		log.Fatal(err)
	}
	return file.Bytes()
}
