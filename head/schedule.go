package head

import (
	"fmt"
	"math"
)

// CosineDecay is a learning rate that falls along half a cosine: Keras's schedule
// of that name, set before every step. As in Keras, nothing else may change the
// rate in such a training; the rate of the optimiser is not used.
type CosineDecay struct {
	InitialLearningRate float64 // at step 0
	DecaySteps          int     // of the fall; 0 = all steps of the training that are left after warming up
	Alpha               float64 // the rate at the end, as a share of that at the beginning of the fall, in [0, 1]

	// With WarmupSteps the rate first rises in a line from InitialLearningRate to
	// WarmupTarget and falls from there.
	WarmupSteps  int
	WarmupTarget float64
}

// Begin implements [Callback].
func (c CosineDecay) Begin(r *Run) (Watcher, error) {
	if c.DecaySteps == 0 {
		c.DecaySteps = r.epochs*r.steps - c.WarmupSteps
	}
	switch {
	case !rateOK(c.InitialLearningRate), c.WarmupSteps > 0 && !rateOK(c.WarmupTarget):
		return nil, fmt.Errorf("head: CosineDecay: want rates from 0 up, got %v and %v", c.InitialLearningRate, c.WarmupTarget)
	case c.WarmupSteps < 0 || c.DecaySteps < 1:
		return nil, fmt.Errorf("head: CosineDecay: want 1 step at least to decay after 0 or more to warm up, got %d after %d", c.DecaySteps, c.WarmupSteps)
	case !(c.Alpha >= 0 && c.Alpha <= 1):
		return nil, fmt.Errorf("head: CosineDecay: alpha: want a number in [0, 1], got %v", c.Alpha)
	}
	return schedule(r, c, c.rate)
}

func rateOK(rate float64) bool { return rate >= 0 && !math.IsInf(rate, 0) }

func (c CosineDecay) rate(step int) float64 {
	top := c.InitialLearningRate
	if c.WarmupSteps > 0 {
		if step < c.WarmupSteps {
			return c.InitialLearningRate + (c.WarmupTarget-c.InitialLearningRate)*float64(step)/float64(c.WarmupSteps)
		}
		top = c.WarmupTarget
	}
	done := float64(min(step-c.WarmupSteps, c.DecaySteps)) / float64(c.DecaySteps)
	return top * ((1-c.Alpha)*0.5*(1+math.Cos(math.Pi*done)) + c.Alpha)
}

// ExponentialDecay is a learning rate that is multiplied by DecayRate every
// DecaySteps: Keras's schedule of that name, set before every step. As in Keras,
// nothing else may change the rate in such a training; the rate of the optimiser
// is not used.
type ExponentialDecay struct {
	InitialLearningRate float64
	DecaySteps          int     // 0 = those of an epoch
	DecayRate           float64 // above 0
	Staircase           bool    // fall once every DecaySteps, else a little at every step
}

// Begin implements [Callback].
func (c ExponentialDecay) Begin(r *Run) (Watcher, error) {
	if c.DecaySteps == 0 {
		c.DecaySteps = r.steps
	}
	switch {
	case !rateOK(c.InitialLearningRate):
		return nil, fmt.Errorf("head: ExponentialDecay: want a rate from 0 up, got %v", c.InitialLearningRate)
	case c.DecaySteps < 1:
		return nil, fmt.Errorf("head: ExponentialDecay: want 1 step at least, got %d", c.DecaySteps)
	case !(c.DecayRate > 0) || math.IsInf(c.DecayRate, 0):
		return nil, fmt.Errorf("head: ExponentialDecay: decay rate: want above 0, got %v", c.DecayRate)
	}
	return schedule(r, c, c.rate)
}

func (c ExponentialDecay) rate(step int) float64 {
	times := float64(step) / float64(c.DecaySteps)
	if c.Staircase {
		times = math.Floor(times)
	}
	return c.InitialLearningRate * math.Pow(c.DecayRate, times)
}

// LearningRateScheduler sets the rate before every epoch: Keras's callback of
// that name. Rate is given the epoch, counting from 1, and the present rate.
type LearningRateScheduler struct {
	Rate func(epoch int, rate float64) float64
}

// Begin implements [Callback].
func (c LearningRateScheduler) Begin(r *Run) (Watcher, error) {
	if c.Rate == nil {
		return nil, fmt.Errorf("head: LearningRateScheduler: want a function, got none")
	}
	return epochScheduler{c, r}, nil
}

type epochScheduler struct {
	LearningRateScheduler
	run *Run
}

func (s epochScheduler) EpochBegin(n int) error {
	return s.run.SetLearningRate(s.Rate(n, s.run.LearningRate()))
}

func (epochScheduler) EpochEnd(Epoch) error { return nil }
func (epochScheduler) End() error           { return nil }

// stepScheduler sets the rate before every step.
type stepScheduler struct {
	run    *Run
	config any // that rate is of
	rate   func(step int) float64
}

func (s stepScheduler) options() any { return s.config }

func schedule(r *Run, config any, rate func(step int) float64) (Watcher, error) {
	if r.scheduled {
		return nil, fmt.Errorf("head: want one schedule of the learning rate, got two")
	}
	r.scheduled = true
	return stepScheduler{r, config, rate}, nil
}

// EpochBegin lets the epoch's rate be that of its first step.
func (s stepScheduler) EpochBegin(n int) error { return s.StepBegin((n - 1) * s.run.steps) }

func (s stepScheduler) StepBegin(step int) error { return s.run.trainer.SetLearningRate(s.rate(step)) }
func (stepScheduler) StepEnd(int, float64) error { return nil }
func (stepScheduler) EpochEnd(Epoch) error       { return nil }
func (stepScheduler) End() error                 { return nil }
