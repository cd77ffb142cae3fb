// Dogbreed stacks pre-trained backbones, trains a classifier on labelled photos
// of dogs, and predicts. Without flags it needs nothing: it draws its own photos
// and uses the backbones whose weights are embedded.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/stack/cache"
)

// options are the flags.
type options struct {
	data, weights, out, predict, cache string
	size, epochs, batch, limit         int
}

func main() {
	var o options
	flag.StringVar(&o.data, "data", "", "`folder` with labels.csv (id,breed) and train/<id>.jpg; empty: draw a kennel of invented breeds")
	flag.StringVar(&o.weights, "weights", "", "`folder` with resnet50v2/ and densenet121/ as .npy: the full stack; empty: the embedded EfficientNet-Lite0 and Lite1")
	flag.StringVar(&o.out, "out", "dogbreed-out", "`folder` for the classifier, features and pictures")
	flag.StringVar(&o.predict, "predict", "", "classify this photo `file` with the classifier in -out, and train nothing")
	flag.IntVar(&o.size, "size", 0, "input `pixels` of every backbone; 0: the stack's own")
	flag.IntVar(&o.epochs, "epochs", 60, "most `epochs` to train")
	flag.IntVar(&o.batch, "batch", 0, "`rows` of a training step; 0: 128, or fewer for small sets")
	flag.StringVar(&o.cache, "cache", "", "`folder` that keeps features, for any program; none keeps nothing; empty: cairn/features in the user's cache folder")
	flag.IntVar(&o.limit, "limit", 0, "use only so many `photos`, spread over the breeds; 0: all")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "dogbreed: unexpected argument %q, see -help\n", flag.Arg(0))
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "dogbreed:", err)
		os.Exit(1)
	}
}

// run does everything that the flags ask for.
func run(ctx context.Context, o options, out io.Writer) error {
	s, about, err := openStack(o.weights, o.size)
	if err != nil {
		return err
	}
	if o.predict != "" {
		return predict(ctx, o, s, out)
	}
	return train(ctx, o, s, about, out)
}

// train is the way from photos to a saved classifier.
func train(ctx context.Context, o options, s *stack.Stack, about string, out io.Writer) error {
	begin := time.Now()
	if err := writable(o.out); err != nil { // better now than after the long step
		return err
	}
	photos, source, err := openPhotos(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d photos of %d breeds from %s\n\n", len(photos.Photos), len(photos.Classes), source)
	if err := s.Summary(out); err != nil {
		return err
	}

	fmt.Fprintln(out)
	features, err := extract(ctx, o, s, photos, out)
	if err != nil {
		return err
	}
	fit, held, err := features.Split(heldOut)
	if err != nil {
		return err
	}

	h, history, err := trainHead(ctx, o, fit, held, filepath.Join(o.out, "best"))
	if err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := h.Summary(out); err != nil {
		return err
	}
	fmt.Fprintln(out)
	if err := history.WriteTable(out); err != nil {
		return err
	}
	if err := drawCurves(history, filepath.Join(o.out, "curves.png")); err != nil {
		return err
	}

	c := &stack.Classifier{Stack: s, Head: h}
	folder := filepath.Join(o.out, "classifier")
	if err := c.Save(folder); err != nil {
		return err
	}
	result, err := h.Evaluate(ctx, held)
	if err != nil {
		return err
	}
	pixels, err := pixelBaseline(ctx, o, photos)
	if err != nil {
		return err
	}
	if err := onePerBreed(ctx, c, photos, held, out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d held-out photos: %.1f %% right, %.1f %% among the first five (the same head on 16×16 pixels: %.1f %%)\n",
		result.Rows, 100*result.Accuracy, 100*result.Top5, 100*pixels)
	fmt.Fprintf(out, "classifier in %s, curves in %s, %.0f s in all\n", folder, filepath.Join(o.out, "curves.png"), time.Since(begin).Seconds())
	fmt.Fprintln(out, about)
	return nil
}

// extract is the slow step. Each photo goes through each backbone once ever: the
// cache finds features by the photo's content and all that they depend on.
func extract(ctx context.Context, o options, s *stack.Stack, photos *data.Set, out io.Writer) (*data.Features, error) {
	show := progress(out, "extracting features")
	e := stack.Extraction{Progress: func(p stack.Progress) { show(p.Done, p.Total) }}
	if o.cache != "none" {
		folder := o.cache
		if folder == "" {
			user, err := os.UserCacheDir()
			if err != nil {
				return nil, fmt.Errorf("%w: name a folder with -cache, or none", err)
			}
			folder = filepath.Join(user, "cairn", "features")
		}
		c, err := cache.Open(folder, cache.Config{})
		if err != nil {
			return nil, err
		}
		defer c.Close() // nothing waits in it
		e.Cache = c.For(s)
	}
	features, err := s.Extract(ctx, photos, e)
	if err != nil {
		return nil, err
	}
	return features, features.Save(filepath.Join(o.out, "features"))
}

// heldOut is the share of the photos, the last ones, that the head is not
// trained on.
const heldOut = 0.1

// trainHead trains the tutorial's head: dropout of 0.7 and a softmax layer, Adam
// at 1e-3, stopping when the held-out loss has not improved for ten epochs.
func trainHead(ctx context.Context, o options, fit, held *data.Features, best string) (*head.Head, head.History, error) {
	h, err := head.New(head.Config{Inputs: fit.Width, Classes: fit.Classes, Dropout: 0.7, Seed: 1})
	if err != nil {
		return nil, nil, err
	}
	batch := o.batch
	if batch == 0 {
		batch = min(128, max(16, fit.Len()/24)) // some twenty steps an epoch for small sets
	}
	callbacks := []head.Callback{
		head.ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
		head.EarlyStopping{Patience: 10, RestoreBestWeights: true},
	}
	if best != "" {
		callbacks = append(callbacks, head.ModelCheckpoint{Dir: best, SaveBestOnly: true})
	}
	var history head.History
	training := head.Training{Epochs: o.epochs, Batch: batch, Callbacks: callbacks, Seed: 1}
	for epoch, err := range h.Train(ctx, fit, held, training) {
		if err != nil {
			return nil, nil, err
		}
		history = append(history, epoch)
	}
	return h, history, nil
}

// onePerBreed shows what the classifier makes of the first held-out photo of
// each breed.
func onePerBreed(ctx context.Context, c *stack.Classifier, photos *data.Set, held *data.Features, out io.Writer) error {
	first := map[int]string{}
	for i, class := range held.Labels {
		if first[class] == "" {
			first[class] = held.Files[i]
		}
	}
	fmt.Fprintln(out, "\nheld-out photo                                  is                      looks like")
	for class, name := range photos.Classes {
		file := first[class]
		if file == "" {
			continue // no photo of this breed was held out
		}
		photo, err := data.ReadImage(photos.FS, file)
		if err != nil {
			return err
		}
		best, err := c.Predict(ctx, photo, 2)
		if err != nil {
			return err
		}
		mark := "✓"
		if best[0].Class != name {
			mark = "✗"
		}
		fmt.Fprintf(out, "%s %-45s %-23s %s %.0f %%, %s %.0f %%\n", mark, file, name,
			best[0].Class, 100*best[0].Probability, best[1].Class, 100*best[1].Probability)
	}
	return nil
}

// predict classifies one photo with the classifier that was saved.
func predict(ctx context.Context, o options, s *stack.Stack, out io.Writer) error {
	folder := filepath.Join(o.out, "classifier")
	c, err := stack.Open(os.DirFS(folder), s)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no classifier in %s, train one first: %w", folder, err)
	}
	if err != nil {
		return err
	}
	best, err := c.PredictFile(ctx, o.predict, 5)
	if err != nil {
		return err
	}
	for _, p := range best {
		fmt.Fprintf(out, "%6.2f %%  %s\n", 100*p.Probability, p.Class)
	}
	return nil
}
