package head

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"

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

	// The loss is the mean over the rows of a batch of weight times
	// cross-entropy, Keras's categorical and sparse one alike, and the L2
	// penalties. Weights change neither accuracies nor the held-out loss.
	LabelSmoothing float64            // a in [0, 1): the target of a class becomes t·(1-a) + a/classes
	ClassWeights   map[string]float64 // by class name; a class that is not in it has 1
	SampleWeights  []float32          // of the rows to fit, in place of ClassWeights

	// Checkpoint, where not "", is a folder that holds the state of the training
	// after an epoch. A training that finds it there goes on from that state:
	// killed at any moment and begun again alike, it ends with the same bits as
	// one that was not. A state of other rows, another head, other options (more
	// epochs aside) or callbacks of other kinds or with other numbers is an error
	// that names them; what functions a callback has cannot be told.
	Checkpoint string
	// CheckpointInterval is the least time between two states, but for that of the
	// end: writing one waits for the disk. 0 writes one after every epoch. The
	// epochs since the last one are trained again.
	CheckpointInterval time.Duration
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
// epoch, the last batch being smaller if need be. A training that resumes from a
// checkpoint yields the epochs after it.
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
		defer l.run.trainer.Close()
		e, first := Epoch{}, len(l.run.history)+1
		for n := first; n <= l.run.epochs && err == nil && !l.run.stopped; n++ {
			if e, err = l.epoch(ctx, n); err != nil {
				break
			}
			more := yield(e, nil)
			if !more || n == l.run.epochs || l.run.stopped || time.Since(l.saved) >= t.CheckpointInterval {
				err = l.saveCheckpoint()
			}
			if !more {
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
	weights   []float32   // of the rows to fit, or nil
	heldRows  [][]float32 // features of the held-out rows
	setup     []setting   // what a checkpoint belongs to
	saved     time.Time   // when the last checkpoint was, or the beginning
	batch     nn.Batch
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
	l := &loop{training: t, fit: fit, held: held, order: make([]int, fit.Len()), saved: time.Now()}
	if err := l.weigh(); err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	trainer, err := nn.NewTrainer(h.weights(), nn.TrainerConfig{
		Batch: min(t.Batch, fit.Len()), Optimizer: t.Optimizer, Seed: t.Seed, LabelSmoothing: t.LabelSmoothing,
	}, h.probabilities)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	l.run = &Run{head: h, trainer: trainer, steps: (fit.Len() + t.Batch - 1) / t.Batch, epochs: t.Epochs}
	if err := l.prepare(); err != nil {
		_ = trainer.Close()
		return nil, err
	}
	return l, nil
}

// prepare begins the callbacks and goes on from a checkpoint.
func (l *loop) prepare() error {
	if l.held != nil {
		l.heldRows = make([][]float32, l.held.Len())
		for i := range l.heldRows {
			l.heldRows[i] = l.held.Row(i)
		}
	}
	for i, c := range l.training.Callbacks {
		if c == nil {
			return fmt.Errorf("head: callback %d is nil", i)
		}
		w, err := c.Begin(l.run)
		if err != nil {
			return err
		}
		l.watchers = append(l.watchers, w)
	}
	return l.openCheckpoint()
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

// weigh works out the weights of the rows.
func (l *loop) weigh() error {
	classes, samples := l.training.ClassWeights, l.training.SampleWeights
	switch {
	case classes != nil && samples != nil:
		return errors.New("want class weights or sample weights, got both")
	case samples != nil && len(samples) != l.fit.Len():
		return fmt.Errorf("sample weights: want %d, one a row, got %d", l.fit.Len(), len(samples))
	}
	for i, w := range samples {
		if !weightOK(float64(w)) {
			return fmt.Errorf("sample weights: row %d: want a number from 0 up, got %v", i, w)
		}
	}
	l.weights = samples
	if classes == nil {
		return nil
	}
	byClass := make([]float32, len(l.fit.Classes))
	known := 0
	for i, name := range l.fit.Classes {
		w, ok := classes[name]
		if !ok {
			byClass[i] = 1
			continue
		}
		known++
		if byClass[i] = float32(w); !weightOK(w) {
			return fmt.Errorf("class weights: %q: want a number from 0 up, got %v", name, w)
		}
	}
	if known != len(classes) {
		return fmt.Errorf("class weights: want names of the %d classes, got %d of %d that are not", len(byClass), len(classes)-known, len(classes))
	}
	l.weights = make([]float32, l.fit.Len())
	for i, c := range l.fit.Labels {
		l.weights[i] = byClass[c]
	}
	return nil
}

func weightOK(w float64) bool { return w >= 0 && !math.IsInf(w, 0) }

// epoch trains once over all rows, evaluates, and asks the callbacks.
func (l *loop) epoch(ctx context.Context, n int) (Epoch, error) {
	for _, w := range l.watchers {
		if w, ok := w.(EpochWatcher); ok {
			if err := w.EpochBegin(n); err != nil {
				return Epoch{N: n}, err
			}
		}
	}
	e := Epoch{N: n, LearningRate: l.run.LearningRate(), ValLoss: math.NaN(), ValAccuracy: math.NaN()}
	if err := l.steps(ctx, &e); err != nil {
		return e, fmt.Errorf("head: epoch %d: %w", n, err)
	}
	if l.held != nil {
		if err := l.validate(ctx, &e); err != nil { // this epoch is not complete
			return e, fmt.Errorf("head: epoch %d: %w", n, err)
		}
	}
	l.run.head.use(l.run.trainer.Weights())
	l.run.history = append(l.run.history, e)
	for _, w := range l.watchers {
		if err := w.EpochEnd(e); err != nil {
			return e, err
		}
	}
	return e, nil
}

// steps takes the rows of an epoch batch by batch.
func (l *loop) steps(ctx context.Context, e *Epoch) error {
	l.shuffle(e.N)
	rows, right := 0, 0
	for from := 0; from < len(l.order) && !l.run.stopped; from += l.training.Batch {
		batch := l.order[from:min(from+l.training.Batch, len(l.order))]
		step := (e.N-1)*l.run.steps + from/l.training.Batch
		r, err := l.step(ctx, step, batch)
		if err != nil {
			return err
		}
		e.Loss += r.Loss * float64(len(batch))
		right += r.Correct
		rows += len(batch)
	}
	e.Loss /= float64(rows)
	e.Accuracy = float64(right) / float64(rows)
	return nil
}

// step takes one batch.
func (l *loop) step(ctx context.Context, step int, rows []int) (nn.StepResult, error) {
	for _, w := range l.watchers {
		if w, ok := w.(StepWatcher); ok {
			if err := w.StepBegin(step); err != nil {
				return nn.StepResult{}, err
			}
		}
	}
	b := &l.batch
	b.X, b.Labels, b.Weights = b.X[:0], b.Labels[:0], b.Weights[:0]
	for _, r := range rows {
		b.X, b.Labels = append(b.X, l.fit.Row(r)), append(b.Labels, l.fit.Labels[r])
		if l.weights != nil {
			b.Weights = append(b.Weights, l.weights[r])
		}
	}
	r, err := l.run.trainer.Step(ctx, *b)
	if err != nil {
		return r, err
	}
	for _, w := range l.watchers {
		if w, ok := w.(StepWatcher); ok {
			if err := w.StepEnd(step, r.Loss); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// validate takes the figures of the held-out rows: the loss that is trained,
// without weights.
func (l *loop) validate(ctx context.Context, e *Epoch) error {
	logits, err := l.run.trainer.Logits(ctx, l.heldRows)
	if err != nil {
		return err
	}
	e.ValRows = l.held.Len()
	classes, right := len(l.held.Classes), 0
	a := l.training.LabelSmoothing
	e.ValLoss = 0
	for i, label := range l.held.Labels {
		row := logits[i*classes : (i+1)*classes]
		logs := logSoftmax(row)
		e.ValLoss -= (1 - a) * logs[label]
		if a > 0 {
			for _, v := range logs {
				e.ValLoss -= a / float64(classes) * v
			}
		}
		if argmax(row) == label {
			right++
		}
	}
	e.ValLoss = e.ValLoss/float64(e.ValRows) + l.run.trainer.Penalty()
	e.ValAccuracy = float64(right) / float64(e.ValRows)
	return nil
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

// end tells the callbacks that the training is over. After an error the trainer
// goes back to the last complete epoch first, whose weights the head has.
func (l *loop) end(err error) error {
	errs := []error{err}
	if err != nil {
		errs = append(errs, l.run.trainer.SetWeights(l.run.head.weights()))
	}
	for _, w := range l.watchers {
		errs = append(errs, w.End())
	}
	return errors.Join(errs...)
}
