package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/head/report"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

// training is the flags of cairn train.
type training struct {
	members
	photos, out, kind string
	held, dropout, lr float64
	epochs, batch     int
	patience          int
	seed              uint64
	calibrate, search bool
	folds             int
}

func newTrain() *cobra.Command {
	var t training
	c := &cobra.Command{
		Use:   "train",
		Short: "Train a classifier on labelled photos",
		Long: `Trains a classifier on a folder of photos (labels.csv with train/<id>.jpg, or one
folder a class) and writes it to --out, with the features of the photos, the
history and report.html.

  --head recipe    dropout and a softmax layer, Adam, early stopping (the default)
  --head logistic  logistic regression: no learning rate, no seed
  --head top       begins with the ImageNet classes of the same names; for stacks
                   that begin with efficientnetlite0 and classes such as dog breeds

With --search it tries a grid of heads instead and prints how each does; with
several models also every subset of them, which says which backbones pay.

A second run with the same photos and models takes the features from --out.`,
		Example: `  cairn train --photos dogs --out dogs-classifier
  cairn train --photos birds --models efficientnetlite0,efficientnetlite1 --head logistic --calibrate --out birds-classifier`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return t.run(c.Context(), c.OutOrStdout()) },
	}
	f := c.Flags()
	t.addTo(f)
	f.StringVar(&t.photos, "photos", "", "folder of labelled photos")
	f.StringVar(&t.out, "out", "", "folder to write to")
	f.StringVar(&t.kind, "head", "recipe", "recipe, logistic or top")
	f.Float64Var(&t.held, "held", 0.1, "share of each class that is not trained on")
	f.Float64Var(&t.dropout, "dropout", 0.7, "share of the features that are dropped in training")
	f.Float64Var(&t.lr, "lr", 0, "learning rate (0 = 1e-3, with --head top 1e-4)")
	f.IntVar(&t.epochs, "epochs", 60, "epochs at most")
	f.IntVar(&t.batch, "batch", 128, "rows of a step")
	f.IntVar(&t.patience, "patience", 10, "epochs without a better held-out loss after which to stop")
	f.Uint64Var(&t.seed, "seed", 1, "of the split, the weights, the order and dropout")
	f.BoolVar(&t.calibrate, "calibrate", false, "also fit a temperature to the held-out rows")
	f.BoolVar(&t.search, "search", false, "train nothing: try a grid of heads, and every subset of the models, by cross-validation and print a table")
	f.IntVar(&t.folds, "folds", 5, "folds of --search")
	return c
}

func (t *training) run(ctx context.Context, out io.Writer) error {
	if t.photos == "" || t.out == "" {
		return errors.New("want --photos DIR and --out DIR")
	}
	if !slices.Contains([]string{"recipe", "logistic", "top"}, t.kind) {
		return fmt.Errorf("--head: want recipe, logistic or top, got %q", t.kind)
	}
	set, err := openPhotos(t.photos)
	if err != nil {
		return err
	}
	s, err := t.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintf(out, "%d photos of %d classes\n", len(set.Photos), len(set.Classes))
	features, err := t.features(ctx, out, s, set)
	if err != nil {
		return err
	}
	if t.search {
		return t.tryHeads(ctx, out, features)
	}
	fit, held, err := features.SplitStratified(t.held, t.seed)
	if err != nil {
		return err
	}
	h, history, err := t.fit(ctx, out, fit, held)
	if err != nil {
		return err
	}
	if t.calibrate {
		temperature, err := h.Calibrate(ctx, held)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "temperature %.3f\n", temperature)
	}
	if err := (&stack.Classifier{Stack: s, Head: h}).Save(t.out); err != nil {
		return err
	}
	predictions, err := report.Predict(ctx, h, held)
	if err != nil {
		return err
	}
	r := report.Report{Title: filepath.Base(t.out), History: history, Held: predictions, Photos: set.FS}
	if err := r.Write(t.out); err != nil {
		return err
	}
	e, err := h.Evaluate(ctx, held)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d held-out photos: %.1f %% right, %.1f %% among the first five, loss %.3f\nlook at %s\n",
		e.Rows, 100*e.Accuracy, 100*e.Top5, e.Loss, filepath.Join(t.out, "report.html"))
	return err
}

// features takes those in the output folder if they are of the same photos and
// stack, and extracts them otherwise.
func (t *training) features(ctx context.Context, out io.Writer, s *stack.Stack, set *data.Set) (*data.Features, error) {
	dir := filepath.Join(t.out, "features")
	if f, err := data.OpenFeatures(os.DirFS(dir)); err == nil && f.Source == s.Fingerprint() && sameRows(f, set) {
		fmt.Fprintln(out, "features from", dir)
		return f, nil
	}
	last := time.Now()
	f, err := s.Extract(ctx, set, stack.Extraction{Progress: func(p stack.Progress) {
		if now := time.Now(); p.Done == p.Total || now.Sub(last) > 5*time.Second {
			last = now
			fmt.Fprintf(out, "features of %d of %d photos, %.1f a second, %v left\n", p.Done, p.Total, p.Rate, p.Left.Round(time.Second))
		}
	}})
	if err != nil {
		return nil, err
	}
	return f, f.Save(dir)
}

func sameRows(f *data.Features, set *data.Set) bool {
	if f.Len() != len(set.Photos) || len(f.Files) != f.Len() || !slices.Equal(f.Classes, set.Classes) {
		return false
	}
	for i, p := range set.Photos {
		if f.Files[i] != p.File || f.Labels[i] != p.Class {
			return false
		}
	}
	return true
}

// tryHeads prints how each head of a grid does, the best first.
func (t *training) tryHeads(ctx context.Context, out io.Writer, features *data.Features) error {
	search := head.Search{
		Dropout: []float64{0.3, 0.7}, Hidden: [][]int{nil, {256}}, LearningRate: []float64{1e-3, 3e-3}, L2: []float64{0, 1e-4},
		Standardize: []bool{false, true}, Logistic: []float64{0}, Folds: t.folds, Seed: t.seed,
		Training: head.Training{Epochs: t.epochs, Batch: t.batch, Callbacks: []head.Callback{
			head.ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
			head.EarlyStopping{Patience: t.patience, RestoreBestWeights: true},
		}},
	}
	if len(t.columns) > 1 {
		search.Members = t.columns
	}
	begin, last := time.Now(), time.Now()
	search.OnTrial = func(done, total int, _ head.Trial) {
		if now := time.Now(); done == total || now.Sub(last) > 5*time.Second {
			last = now
			left := now.Sub(begin).Seconds() / float64(done) * float64(total-done)
			fmt.Fprintf(out, "%d of %d heads, %.0f s left\n", done, total, left)
		}
	}
	trials, err := search.Run(ctx, features)
	if err != nil {
		return err
	}
	return head.WriteTrials(out, trials)
}

// fit makes the head that --head asks for.
func (t *training) fit(ctx context.Context, out io.Writer, fit, held *data.Features) (*head.Head, head.History, error) {
	config := head.Config{Inputs: fit.Width, Classes: fit.Classes, Dropout: t.dropout, Seed: t.seed}
	rate := t.lr
	var h *head.Head
	var err error
	switch t.kind {
	case "logistic":
		h, err = head.Logistic(ctx, fit, head.LogisticConfig{})
		return h, nil, err
	case "top":
		if rate == 0 {
			rate = 1e-4
		}
		h, err = t.fromTop(out, config)
	default:
		h, err = head.New(config)
	}
	if err != nil {
		return nil, nil, err
	}
	var history head.History
	for e, err := range h.Train(ctx, fit, held, head.Training{Epochs: t.epochs, Batch: t.batch, LearningRate: rate, Seed: t.seed, Callbacks: []head.Callback{
		head.ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
		head.EarlyStopping{Patience: t.patience, RestoreBestWeights: true},
	}}) {
		if err != nil {
			return nil, nil, err
		}
		history = append(history, e)
	}
	return h, history, history.WriteTable(out)
}

// fromTop begins with the embedded ImageNet classifier, which reads the features
// of EfficientNet-Lite0.
func (t *training) fromTop(out io.Writer, config head.Config) (*head.Head, error) {
	const features = 1280
	if t.models[0] != "efficientnetlite0" {
		return nil, fmt.Errorf("--head top: want efficientnetlite0 as the first of --models, got %s", t.models[0])
	}
	params, err := efficientnetlite0.Weights()
	if err != nil {
		return nil, err
	}
	top, err := head.ReadTop(params, features, efficientnetlite0.Classes())
	if err != nil {
		return nil, err
	}
	h, matched, err := head.FromTop(config, top)
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(out, "%d of %d classes are ImageNet's\n", len(matched), len(config.Classes))
	return h, err
}
