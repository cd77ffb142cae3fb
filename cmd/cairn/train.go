package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/head/report"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

// training is the flags of cairn train.
type training struct {
	members
	caching
	photos, stored, out, kind string
	held, dropout, lr         float64
	epochs, batch             int
	patience                  int
	seed                      uint64
	standardize, calibrate    bool
	search                    bool
	folds                     int
	every                     time.Duration
}

func newTrain() *cobra.Command {
	var t training
	c := &cobra.Command{
		Use:   "train",
		Short: "Train a classifier on labelled photos",
		Long: `Trains a classifier on labelled photos and writes it to --out, with the features
of the photos, the history and report.html.

  --head recipe        dropout and a softmax layer, Adam, early stopping (the default)
  --head logistic      logistic regression: no learning rate, no seed
  --head top           begins with the ImageNet classes of the same names; for stacks
                       that begin with efficientnetlite0 and classes such as dog breeds
  --head logistic-top  logistic regression that stays near those classes

With --search it tries a grid of heads instead and prints how each does; with
several models also every subset of them, which says which backbones pay.

Each photo goes through each model once: features are kept in --cache, as cairn
extract does, and a second run takes them from there. --features takes those of
a folder, and needs no photos.

The training is kept in OUT/checkpoint every few seconds: a run that was killed
goes on from there when it is started again with the same flags, and ends with the
same bits; with others it is an error that names them, but for more --epochs. When
the training is done, the folder goes away.`,
		Example: `  cairn train --photos dogs --out dogs-classifier
  cairn train --features dogs-classifier/features --standardize --out other-classifier
  cairn train --photos birds --models efficientnetlite0,efficientnetlite1 --head logistic --calibrate --out birds-classifier`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return t.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr()) },
	}
	f := c.Flags()
	t.members.addTo(f)
	t.caching.addTo(f)
	f.StringVar(&t.photos, "photos", "", "labelled photos: a folder, a .csv or .txt list, a .zip or .tar archive")
	f.StringVar(&t.stored, "features", "", "folder of stored features in place of photos; --models, --weights and --size must be those that made them")
	f.StringVar(&t.out, "out", "", "folder to write to")
	f.StringVar(&t.kind, "head", "recipe", "recipe, logistic, top or logistic-top")
	f.Float64Var(&t.held, "held", 0.1, "share of each class that is not trained on")
	f.Float64Var(&t.dropout, "dropout", 0.7, "share of the features that are dropped in training")
	f.Float64Var(&t.lr, "lr", 0, "learning rate (0 = 1e-3, with --head top 1e-4)")
	f.IntVar(&t.epochs, "epochs", 60, "epochs at most")
	f.IntVar(&t.batch, "batch", 128, "rows of a step")
	f.IntVar(&t.patience, "patience", 10, "epochs without a better held-out loss after which to stop")
	f.Uint64Var(&t.seed, "seed", 1, "of the split, the weights, the order and dropout")
	f.DurationVar(&t.every, "checkpoint-every", 5*time.Second, "time between two states in OUT/checkpoint (0s = after every epoch)")
	f.BoolVar(&t.standardize, "standardize", false, "train on features less their mean, by their deviation, and fold both into the head")
	f.BoolVar(&t.calibrate, "calibrate", false, "also fit a temperature to the held-out rows")
	f.BoolVar(&t.search, "search", false, "train nothing: try a grid of heads, and every subset of the models, by cross-validation and print a table")
	f.IntVar(&t.folds, "folds", 5, "folds of --search")
	return c
}

func (t *training) run(ctx context.Context, out, status io.Writer) error {
	if t.photos == "" && t.stored == "" || t.out == "" {
		return errors.New("want --photos DIR or --features DIR, and --out DIR")
	}
	if !slices.Contains([]string{"recipe", "logistic", "top", "logistic-top"}, t.kind) {
		return fmt.Errorf("--head: want recipe, logistic, top or logistic-top, got %q", t.kind)
	}
	if strings.HasSuffix(t.kind, "top") && t.standardize {
		return fmt.Errorf("--standardize: --head %s begins with weights for the features as they are", t.kind)
	}
	rows, err := t.rows(ctx, out, status)
	if err != nil {
		return err
	}
	defer rows.Close()
	if t.search {
		return t.tryHeads(ctx, out, rows.features)
	}
	fit, held, err := rows.features.SplitStratified(t.held, t.seed)
	if err != nil {
		return err
	}
	h, history, err := t.fit(ctx, out, status, fit, held)
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
	if err := rows.save(out, h, t.out); err != nil {
		return err
	}
	predictions, err := report.Predict(ctx, h, held)
	if err != nil {
		return err
	}
	r := report.Report{Title: filepath.Base(t.out), History: history, Held: predictions, Photos: rows.photos}
	if err := r.Write(t.out); err != nil {
		return err
	}
	if history != nil { // all is in place: nothing is left to go on with
		if err := os.RemoveAll(t.checkpoint()); err != nil {
			return err
		}
	}
	e, err := h.Evaluate(ctx, held)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d held-out photos: %.1f %% right, %.1f %% among the first five, loss %.3f\nlook at %s\n",
		e.Rows, 100*e.Accuracy, 100*e.Top5, e.Loss, filepath.Join(t.out, "report.html"))
	return err
}

// fit makes the head that --head asks for, on standardized features if they shall
// be.
func (t *training) fit(ctx context.Context, out, status io.Writer, fit, held *data.Features) (*head.Head, head.History, error) {
	if !t.standardize {
		return t.fitTo(ctx, out, status, fit, held)
	}
	s, err := head.Standardize(fit)
	if err != nil {
		return nil, nil, err
	}
	if fit, err = s.Apply(fit); err != nil {
		return nil, nil, err
	}
	if held, err = s.Apply(held); err != nil {
		return nil, nil, err
	}
	h, history, err := t.fitTo(ctx, out, status, fit, held)
	if err != nil {
		return nil, nil, err
	}
	h, err = h.Fold(s)
	return h, history, err
}

func (t *training) fitTo(ctx context.Context, out, status io.Writer, fit, held *data.Features) (*head.Head, head.History, error) {
	config := head.Config{Inputs: fit.Width, Classes: fit.Classes, Dropout: t.dropout, Seed: t.seed}
	rate := t.lr
	var h *head.Head
	var err error
	switch t.kind {
	case "logistic":
		h, err = head.Logistic(ctx, fit, head.LogisticConfig{})
		return h, nil, err
	case "logistic-top":
		top, err := t.top()
		if err != nil {
			return nil, nil, err
		}
		h, err := head.Logistic(ctx, fit, head.LogisticConfig{Top: &top})
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
	history, err := head.CheckpointHistory(os.DirFS(t.checkpoint()))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	if len(history) > 0 {
		fmt.Fprintf(out, "goes on after epoch %d of %s\n", len(history), t.checkpoint())
	}
	shown := newEpochs(out, status, history)
	for e, err := range h.Train(ctx, fit, held, head.Training{
		Epochs: t.epochs, Batch: t.batch, LearningRate: rate, Seed: t.seed, Checkpoint: t.checkpoint(), CheckpointInterval: t.every,
		Callbacks: []head.Callback{
			head.ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
			head.EarlyStopping{Patience: t.patience, RestoreBestWeights: true},
			shown,
		},
	}) {
		if err != nil && ctx.Err() != nil && exists(t.checkpoint()) {
			err = &exitError{exitInterrupted, fmt.Errorf("stopped; the same command goes on from %s", t.checkpoint())}
		}
		if err != nil {
			return nil, nil, err
		}
		shown.print(e)
	}
	shown.summary()
	return h, shown.history, nil
}

// checkpoint is the folder that a killed run goes on from.
func (t *training) checkpoint() string { return filepath.Join(t.out, "checkpoint") }

// top is the embedded ImageNet classifier, which reads the features of
// EfficientNet-Lite0.
func (t *training) top() (head.Top, error) {
	const features = 1280
	if t.models[0] != "efficientnetlite0" {
		return head.Top{}, fmt.Errorf("--head %s: want efficientnetlite0 as the first of --models, got %s", t.kind, t.models[0])
	}
	params, err := efficientnetlite0.Weights()
	if err != nil {
		return head.Top{}, err
	}
	return head.ReadTop(params, features, efficientnetlite0.Classes())
}

func (t *training) fromTop(out io.Writer, config head.Config) (*head.Head, error) {
	top, err := t.top()
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
