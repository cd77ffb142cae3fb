package nn

import (
	"context"
	"errors"
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/op"
)

// judge is the network of a trainer outside training: dropout does nothing, batch
// normalization takes the moving statistics. It takes a whole batch at a time.
type judge struct {
	graph   *trainGraph
	machine G.VM
	x       *tensor.Dense
}

// Logits computes what the softmax is applied to, [len(x), classes], for rows
// outside training with the weights as they are now.
func (t *Trainer) Logits(ctx context.Context, x [][]float32) ([]float32, error) {
	if err := t.checkRows(x); err != nil {
		return nil, fmt.Errorf("nn: logits: %w", err)
	}
	if t.judge == nil {
		frame := &op.TrainFrame{Team: t.team}
		graph, machine, err := lowerForLogits(t.weights, t.cfg, frame, t.output.layer)
		if err != nil {
			return nil, err
		}
		t.judge = &judge{graph, machine, zeros(graph.x.Shape()...)}
	}
	logits := make([]float32, 0, len(x)*t.classes)
	for from := 0; from < len(x); from += t.cfg.Batch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rows := x[from:min(from+t.cfg.Batch, len(x))]
		t.gather(t.judge.x, rows)
		var err error
		if logits, err = t.judge.run(logits, len(rows), t.classes); err != nil {
			return nil, fmt.Errorf("nn: logits: %w", err)
		}
	}
	return logits, nil
}

// run appends the logits of the gathered rows.
func (j *judge) run(logits []float32, rows, classes int) ([]float32, error) {
	defer j.machine.Reset()
	j.graph.frame.Rows = rows
	if err := G.Let(j.graph.x, j.x); err != nil {
		return nil, err
	}
	if err := j.machine.RunAll(); err != nil {
		return nil, err
	}
	z, ok := j.graph.logits.Value().(*tensor.Dense)
	if !ok {
		return nil, errors.New("the logits have no value")
	}
	return append(logits, z.Float32s()[:rows*classes]...), nil
}
