package head

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// Training says how to train; the zero value is the tutorial's recipe without
// its callbacks.
type Training struct {
	Epochs       int          // at most; 0 = 60
	Batch        int          // rows of a step; 0 = 128
	LearningRate float64      // of Adam; 0 = 1e-3
	Optimizer    nn.Optimizer // in place of Adam with LearningRate
	Callbacks    []Callback   // called after each epoch in this order
	Seed         uint64       // of the order of the rows and of dropout
	NoShuffle    bool         // keep the rows in order
}

// Epoch is what came of one pass over the rows.
type Epoch struct {
	N            int     // counts from 1
	Loss         float64 // mean over the rows, each before the step it took part in, dropout on
	Accuracy     float64 // likewise
	ValLoss      float64 // of the held-out rows after the epoch, dropout off; NaN without such rows
	ValAccuracy  float64 // likewise
	ValRows      int     // held-out rows
	LearningRate float64 // that was used
}

// Train fits the head to the rows of fit, from the weights that it has, and
// yields every epoch after its callbacks. held are the held-out rows; nil for
// none. Each epoch takes all rows once, in an order drawn from the seed and the
// epoch, the last batch being smaller if need be.
//
// Breaking out of the loop ends the training. The first error is yielded and
// ends it, too; after an error, or when the context ends, the head has the
// weights of the last complete epoch. Callbacks see the end in every case, so
// that EarlyStopping restores the best weights after a break as well.
func (h *Head) Train(ctx context.Context, fit, held *data.Features, t Training) iter.Seq2[Epoch, error] {
	return func(yield func(Epoch, error) bool) {
		l, err := h.begin(fit, held, t)
		if err != nil {
			yield(Epoch{}, err)
			return
		}
		e := Epoch{}
		for n := 1; n <= l.training.Epochs && err == nil && !l.run.stopped; n++ {
			if e, err = l.epoch(ctx, n); err == nil && !yield(e, nil) {
				_ = l.end(nil) // nobody listens any more
				return
			}
		}
		if err = l.end(err); err != nil {
			yield(e, err)
		}
	}
}

// loop is one training.
type loop struct {
	training  Training
	run       *Run
	watchers  []Watcher
	fit, held *data.Features
	order     []int
	x, y      []float32 // of a batch
}

// begin checks everything before the first epoch.
func (h *Head) begin(fit, held *data.Features, t Training) (*loop, error) {
	if t.Epochs == 0 {
		t.Epochs = 60
	}
	if t.Batch == 0 {
		t.Batch = 128
	}
	if t.Epochs < 0 || t.Batch < 0 {
		return nil, fmt.Errorf("head: epochs %d, batch %d: want 0 (the default) or more", t.Epochs, t.Batch)
	}
	if t.Optimizer == nil {
		t.Optimizer = nn.Adam{LearningRate: t.LearningRate}
	} else if t.LearningRate != 0 {
		return nil, errors.New("head: want a learning rate or an optimizer, got both")
	}
	if err := h.accepts(fit); err != nil {
		return nil, fmt.Errorf("%w (rows to fit)", err)
	}
	if held != nil {
		if err := h.accepts(held); err != nil {
			return nil, fmt.Errorf("%w (held-out rows)", err)
		}
	}
	if err := severalClasses(fit); err != nil {
		return nil, err
	}
	trainer, err := nn.NewTrainer(h.values, nn.TrainerConfig{Batch: min(t.Batch, fit.Len()), Optimizer: t.Optimizer, Seed: t.Seed}, h.probabilities)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	l := &loop{training: t, run: &Run{head: h, trainer: trainer}, fit: fit, held: held, order: make([]int, fit.Len())}
	for i, c := range t.Callbacks {
		if c == nil {
			return nil, fmt.Errorf("head: callback %d is nil", i)
		}
		w, err := c.Begin(l.run)
		if err != nil {
			return nil, err
		}
		l.watchers = append(l.watchers, w)
	}
	return l, nil
}

// severalClasses is an error if all rows are of one class.
func severalClasses(f *data.Features) error {
	for _, c := range f.Labels {
		if c != f.Labels[0] {
			return nil
		}
	}
	return fmt.Errorf("head: rows to fit: want rows of two classes at least, all %d are of %q", f.Len(), f.Classes[f.Labels[0]])
}

// epoch trains once over all rows, evaluates, and asks the callbacks.
func (l *loop) epoch(ctx context.Context, n int) (Epoch, error) {
	e := Epoch{N: n, LearningRate: l.run.LearningRate(), ValLoss: math.NaN(), ValAccuracy: math.NaN()}
	l.shuffle(n)
	right := 0
	for from := 0; from < len(l.order); from += l.training.Batch {
		rows := l.order[from:min(from+l.training.Batch, len(l.order))]
		l.gather(rows)
		loss, correct, err := l.run.trainer.Step(ctx, l.x, l.y)
		if err != nil {
			return e, fmt.Errorf("head: epoch %d: %w", n, err)
		}
		e.Loss += loss * float64(len(rows))
		right += correct
	}
	e.Loss /= float64(len(l.order))
	e.Accuracy = float64(right) / float64(len(l.order))

	h := l.run.head
	before := h.values
	if err := h.use(l.run.trainer.Weights()); err != nil {
		return e, fmt.Errorf("head: epoch %d: %w", n, err)
	}
	if l.held != nil {
		v, err := h.evaluate(ctx, l.held)
		if err != nil { // this epoch is not complete
			return e, errors.Join(fmt.Errorf("head: epoch %d: %w", n, err), h.use(before))
		}
		e.ValLoss, e.ValAccuracy, e.ValRows = v.Loss, v.Accuracy, v.Rows
	}
	for _, w := range l.watchers {
		if err := w.EpochEnd(e); err != nil {
			return e, err
		}
	}
	return e, nil
}

// shuffle orders the rows by the seed and the epoch alone.
func (l *loop) shuffle(n int) {
	for i := range l.order {
		l.order[i] = i
	}
	if l.training.NoShuffle {
		return
	}
	rand.New(rand.NewPCG(l.training.Seed, uint64(n))).Shuffle(len(l.order), func(i, j int) {
		l.order[i], l.order[j] = l.order[j], l.order[i]
	})
}

// gather copies rows and their one-hot targets together.
func (l *loop) gather(rows []int) {
	classes := len(l.fit.Classes)
	l.x, l.y = l.x[:0], append(l.y[:0], make([]float32, len(rows)*classes)...)
	for i, r := range rows {
		l.x = append(l.x, l.fit.Row(r)...)
		l.y[i*classes+l.fit.Labels[r]] = 1
	}
}

// end tells the callbacks that the training is over. After an error the trainer
// goes back to the last complete epoch first, whose weights the head has.
func (l *loop) end(err error) error {
	errs := []error{err}
	if err != nil {
		errs = append(errs, l.run.trainer.SetWeights(l.run.head.values))
	}
	for _, w := range l.watchers {
		errs = append(errs, w.End())
	}
	return errors.Join(errs...)
}
