package nn

import (
	"fmt"
	"hash/fnv"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/op"
)

// trainGraph is a declaration lowered layer by layer to a gorgonia graph of
// batches, for training with the loss and its gradients.
type trainGraph struct {
	graph  *G.ExprGraph
	frame  *op.TrainFrame
	x      *G.Node // [batch, …]
	y      *G.Node // [batch, classes]
	weight *G.Node // [batch]
	logits *G.Node // [batch, classes]
	loss   *G.Node // scalar
	nodes  map[*trainWeight]*G.Node
	norms  []*op.TrainNorm

	weights *trainWeights
	cfg     TrainerConfig
	done    map[*layer.Layer]*G.Node
	ids     int // of the ops: no two are alike
}

// trainable returns the nodes of the weights that the optimiser changes.
func (t *trainGraph) trainable() G.Nodes {
	var ns G.Nodes
	for _, w := range t.weights.list {
		if w.Trainable {
			ns = append(ns, t.nodes[w])
		}
	}
	return ns
}

// lowerForTraining builds the graph of the network that ends in a softmax and a
// machine for it. The loss is computed from what the softmax is applied to.
func lowerForTraining(weights *trainWeights, cfg TrainerConfig, frame *op.TrainFrame, softmax *layer.Layer) (*trainGraph, G.VM, error) {
	t, err := lowerLogits(weights, cfg, frame, softmax)
	if err != nil {
		return nil, nil, err
	}
	t.y = G.NewMatrix(t.graph, tensor.Float32, G.WithShape(t.logits.Shape()...), G.WithName("(targets)"))
	t.weight = G.NewVector(t.graph, tensor.Float32, G.WithShape(cfg.Batch), G.WithName("(row weights)"))
	if t.loss, err = G.ApplyOp(op.NewTrainCrossEntropy(t.id(), frame), t.logits, t.y, t.weight); err != nil {
		return nil, nil, fmt.Errorf("nn: %s: loss: %w", softmax.Name, err)
	}
	// Backpropagate rather than Grad, which puts one package-wide node into
	// every graph, so that two trainers could not be built at the same time.
	one := t.graph.AddNode(G.NewConstant(float32(1), G.WithName("(one)")))
	grads, err := G.Backpropagate(G.Nodes{t.loss}, G.Nodes{one}, t.trainable())
	if err != nil {
		return nil, nil, fmt.Errorf("nn: gradients: %w", err)
	}
	// gorgonia also makes nodes for gradients that nobody reads, such as that of
	// the input, a third of the arithmetic of a head.
	machine, err := newTapeMachine(t.graph.ExactSubgraphRoots(append(G.Nodes{t.loss, t.logits}, grads...)...))
	return t, machine, err
}

// lowerForLogits builds the graph up to the input of the softmax and a machine
// for it.
func lowerForLogits(weights *trainWeights, cfg TrainerConfig, frame *op.TrainFrame, softmax *layer.Layer) (*trainGraph, G.VM, error) {
	t, err := lowerLogits(weights, cfg, frame, softmax)
	if err != nil {
		return nil, nil, err
	}
	machine, err := newTapeMachine(t.graph)
	return t, machine, err
}

// newTapeMachine is gorgonia's, which panics where it can't compile.
func newTapeMachine(g *G.ExprGraph) (machine G.VM, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("nn: building the graph: %v", r)
		}
	}()
	return G.NewTapeMachine(g), nil
}

// lowerLogits lowers everything up to the input of the softmax.
func lowerLogits(weights *trainWeights, cfg TrainerConfig, frame *op.TrainFrame, softmax *layer.Layer) (*trainGraph, error) {
	t := &trainGraph{graph: G.NewGraph(), frame: frame, weights: weights, cfg: cfg,
		nodes: map[*trainWeight]*G.Node{}, done: map[*layer.Layer]*G.Node{}}
	var err error
	if t.logits, err = t.beforeSoftmax(softmax); err != nil {
		return nil, err
	}
	if t.x == nil || len(t.trainable()) == 0 {
		return nil, fmt.Errorf("nn: %s: nothing to train: want an input and a Dense layer before the softmax", softmax.Name)
	}
	return t, nil
}

func (t *trainGraph) beforeSoftmax(l *layer.Layer) (*G.Node, error) {
	switch o := l.Op.(type) {
	case layer.Activate:
		if o.Function == layer.Softmax {
			return t.lower(l.In[0])
		}
	case layer.Dense:
		if o.Activation.Function == layer.Softmax {
			o.Activation = layer.Activation{}
			return t.lowered(l, o)
		}
	}
	return nil, fmt.Errorf("nn: %s (%s): the last layer of a network to train must be a softmax", l.Name, l.Op.Class())
}

// lower returns the node of a layer's output.
func (t *trainGraph) lower(l *layer.Layer) (*G.Node, error) {
	if n := t.done[l]; n != nil {
		return n, nil
	}
	n, err := t.lowered(l, l.Op)
	t.done[l] = n
	return n, err
}

func (t *trainGraph) lowered(l *layer.Layer, how layer.Op) (*G.Node, error) {
	in := make(G.Nodes, len(l.In))
	for i, from := range l.In {
		var err error
		if in[i], err = t.lower(from); err != nil {
			return nil, err
		}
	}
	n, err := t.apply(l, how, in)
	if err != nil {
		return nil, fmt.Errorf("nn: %s (%s): %w", l.Name, l.Op.Class(), err)
	}
	return n, nil
}

// apply adds the nodes of one layer.
func (t *trainGraph) apply(l *layer.Layer, how layer.Op, in G.Nodes) (*G.Node, error) {
	switch o := how.(type) {
	case layer.Input:
		return t.input(l, o)
	case layer.Dense:
		return t.dense(l, o, in[0])
	case layer.BatchNormalization:
		return t.norm(l, o, in[0])
	case layer.Dropout:
		return t.dropout(l, o, in[0])
	case layer.Activate:
		return t.activate(o.Activation, in[0])
	case layer.Add:
		return G.ApplyOp(op.NewTrainAdd(t.id(), t.frame, len(in)), in...)
	case layer.Concatenate:
		return G.ApplyOp(op.NewTrainConcat(t.id(), t.frame, len(in), in[0].Dims()), in...)
	case layer.Flatten:
		if in[0].Dims() == 2 {
			return in[0], nil
		}
		return G.ApplyOp(op.NewTrainReshape(t.id(), t.frame, in[0].Dims(), t.cfg.Batch, l.Shape[0]), in...)
	}
	return nil, fmt.Errorf("layers of this class cannot be trained")
}

func (t *trainGraph) input(l *layer.Layer, o layer.Input) (*G.Node, error) {
	if t.x != nil {
		return nil, fmt.Errorf("want one input, there is %s too", t.x.Name())
	}
	shape := append([]int{t.cfg.Batch}, o.Shape...)
	t.x = G.NewTensor(t.graph, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(l.Name))
	return t.x, nil
}

func (t *trainGraph) dense(l *layer.Layer, o layer.Dense, x *G.Node) (*G.Node, error) {
	kernel, err := t.parameter(l.Weights[0], o.L2)
	if err != nil {
		return nil, err
	}
	in := G.Nodes{x, kernel}
	if !o.NoBias {
		bias, err := t.parameter(l.Weights[1], 0)
		if err != nil {
			return nil, err
		}
		in = append(in, bias)
	}
	y, err := G.ApplyOp(op.NewTrainDense(t.id(), t.frame, l.Weights[0].Shape[0], o.Units, !o.NoBias), in...)
	if err != nil {
		return nil, err
	}
	return t.activate(o.Activation, y)
}

func (t *trainGraph) norm(l *layer.Layer, o layer.BatchNormalization, x *G.Node) (*G.Node, error) {
	gamma, err := t.parameter(l.Weights[0], 0)
	if err != nil {
		return nil, err
	}
	beta, err := t.parameter(l.Weights[1], 0)
	if err != nil {
		return nil, err
	}
	mean, err := t.weights.take(l.Weights[2], 0)
	if err != nil {
		return nil, err
	}
	variance, err := t.weights.take(l.Weights[3], 0)
	if err != nil {
		return nil, err
	}
	n := op.NewTrainNorm(t.id(), t.frame, x.Dims(), o.Epsilon, o.Momentum, mean.values, variance.values)
	t.norms = append(t.norms, n)
	return G.ApplyOp(n, x, gamma, beta)
}

// parameter makes the node of a weight, bound to its values. A vector becomes a
// matrix of one row.
func (t *trainGraph) parameter(w layer.Weight, l2 float64) (*G.Node, error) {
	own, err := t.weights.take(w, l2)
	if err != nil {
		return nil, err
	}
	shape := w.Shape
	if len(shape) == 1 {
		shape = []int{1, shape[0]}
	}
	value := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(own.values))
	n := G.NewMatrix(t.graph, tensor.Float32, G.WithName(w.Name), G.WithShape(shape...), G.WithValue(value))
	t.nodes[own] = n
	return n, nil
}

func (t *trainGraph) dropout(l *layer.Layer, o layer.Dropout, x *G.Node) (*G.Node, error) {
	if o.Rate == 0 {
		return x, nil
	}
	var mask func(uint64, int, []bool)
	if t.cfg.masks != nil {
		mask = func(step uint64, row int, keep []bool) { t.cfg.masks(l.Name, step, row, keep) }
	}
	name := fnv.New64a() // two dropout layers must not share their masks
	_, _ = name.Write([]byte(l.Name))
	d, err := op.NewTrainDropout(t.id(), t.frame, o.Rate, t.cfg.Seed^name.Sum64(), mask)
	if err != nil {
		return nil, err
	}
	return G.ApplyOp(d, x)
}

func (t *trainGraph) activate(a layer.Activation, x *G.Node) (*G.Node, error) {
	var f G.Op
	switch a.Function {
	case layer.Linear:
		return x, nil
	case layer.ReLU:
		f = op.NewTrainReLU(t.id(), t.frame, a.Max)
	case layer.Sigmoid:
		f = op.NewTrainSigmoid(t.id(), t.frame)
	case layer.Swish:
		f = op.NewTrainSwish(t.id(), t.frame)
	default:
		return nil, fmt.Errorf("%v cannot be trained but as the last layer", a.Function)
	}
	return G.ApplyOp(f, x)
}

func (t *trainGraph) id() int {
	t.ids++
	return t.ids
}
