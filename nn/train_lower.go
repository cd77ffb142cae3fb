package nn

import (
	"fmt"
	"hash/fnv"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/op"
)

// trainGraph is a declaration lowered for training: one gorgonia graph with the
// loss, the weights as nodes, and the gradients of the loss.
type trainGraph struct {
	graph    *G.ExprGraph
	pruned   *G.ExprGraph // what the loss, the logits and the gradients need
	x        *G.Node      // [batch, …]
	y        *G.Node      // [batch, classes]
	weight   *G.Node      // [batch]
	logits   *G.Node      // [batch, classes]
	loss     *G.Node      // scalar
	weights  []trainWeight
	dropouts []*op.TrainDropout

	params Params
	cfg    TrainerConfig
	ids    int // of the ops: no two are alike
}

// trainWeight is a weight as a node of the graph.
type trainWeight struct {
	layer.Weight
	node   *G.Node
	values []float32 // what the node is bound to
}

func (w trainWeight) copied() *tensor.Dense {
	return tensor.New(tensor.WithShape(w.Shape...), tensor.WithBacking(append([]float32(nil), w.values...)))
}

func (t *trainGraph) nodes() G.Nodes {
	ns := make(G.Nodes, len(t.weights))
	for i, w := range t.weights {
		ns[i] = w.node
	}
	return ns
}

// lowerForTraining builds the graph of the network that ends in a softmax. The
// loss is computed from what the softmax is applied to.
func lowerForTraining(params Params, cfg TrainerConfig, softmax *layer.Layer) (*trainGraph, error) {
	t := &trainGraph{graph: G.NewGraph(), params: params, cfg: cfg}
	logits, err := t.beforeSoftmax(softmax)
	if err != nil {
		return nil, err
	}
	t.logits = logits
	if t.x == nil || len(t.weights) == 0 {
		return nil, fmt.Errorf("nn: %s: nothing to train: want an input and a Dense layer before the softmax", softmax.Name)
	}
	t.y = G.NewMatrix(t.graph, tensor.Float32, G.WithShape(logits.Shape()...), G.WithName("(targets)"))
	t.weight = G.NewVector(t.graph, tensor.Float32, G.WithShape(cfg.Batch), G.WithName("(row weights)"))
	if t.loss, err = G.ApplyOp(op.NewTrainCrossEntropy(t.id()), logits, t.y, t.weight); err != nil {
		return nil, fmt.Errorf("nn: %s: loss: %w", softmax.Name, err)
	}
	return t, t.differentiate()
}

// differentiate adds the gradients of the loss and prunes the graph: gorgonia
// also makes nodes for gradients that nobody reads, such as that of the input,
// a third of the arithmetic of a head.
func (t *trainGraph) differentiate() error {
	// Backpropagate rather than Grad, which puts one package-wide node into
	// every graph, so that two trainers could not be built at the same time.
	one := t.graph.AddNode(G.NewConstant(float32(1), G.WithName("(one)")))
	grads, err := G.Backpropagate(G.Nodes{t.loss}, G.Nodes{one}, t.nodes())
	if err != nil {
		return fmt.Errorf("nn: gradients: %w", err)
	}
	t.pruned = t.graph.ExactSubgraphRoots(append(G.Nodes{t.loss, t.logits}, grads...)...)
	return nil
}

// beforeSoftmax lowers everything up to the input of the last softmax.
func (t *trainGraph) beforeSoftmax(l *layer.Layer) (*G.Node, error) {
	switch o := l.Op.(type) {
	case layer.Activate:
		if o.Function == layer.Softmax {
			return t.lower(l.In[0])
		}
	case layer.Dense:
		if o.Activation.Function == layer.Softmax {
			return t.dense(l, layer.Dense{Units: o.Units, NoBias: o.NoBias})
		}
	}
	return nil, fmt.Errorf("nn: %s (%s): the last layer of a network to train must be a softmax", l.Name, l.Op.Class())
}

func (t *trainGraph) lower(l *layer.Layer) (*G.Node, error) {
	switch o := l.Op.(type) {
	case layer.Input:
		return t.input(l, o)
	case layer.Dense:
		return t.dense(l, o)
	case layer.Dropout:
		return t.dropout(l, o)
	case layer.Activate:
		x, err := t.lower(l.In[0])
		if err != nil {
			return nil, err
		}
		return t.activate(l, o.Activation, x)
	case layer.Flatten:
		x, err := t.lower(l.In[0])
		if err != nil || x.Dims() == 2 {
			return x, err
		}
		x, err = G.Reshape(x, tensor.Shape{t.cfg.Batch, l.Shape[0]})
		return x, layerError(l, err)
	}
	return nil, fmt.Errorf("nn: %s (%s): layers of this class cannot be trained", l.Name, l.Op.Class())
}

func (t *trainGraph) input(l *layer.Layer, o layer.Input) (*G.Node, error) {
	if t.x != nil {
		return nil, fmt.Errorf("nn: %s (%s): want one input, there is %s too", l.Name, o.Class(), t.x.Name())
	}
	shape := append([]int{t.cfg.Batch}, o.Shape...)
	t.x = G.NewTensor(t.graph, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(l.Name))
	return t.x, nil
}

func (t *trainGraph) dense(l *layer.Layer, o layer.Dense) (*G.Node, error) {
	x, err := t.lower(l.In[0])
	if err != nil {
		return nil, err
	}
	kernel, err := t.parameter(l.Weights[0])
	if err != nil {
		return nil, err
	}
	if x, err = G.Mul(x, kernel); err != nil {
		return nil, layerError(l, err)
	}
	if !o.NoBias {
		bias, err := t.parameter(l.Weights[1])
		if err != nil {
			return nil, err
		}
		if x, err = G.BroadcastAdd(x, bias, nil, []byte{0}); err != nil {
			return nil, layerError(l, err)
		}
	}
	return t.activate(l, o.Activation, x)
}

// parameter makes the node of a weight, bound to a copy of its values. A vector
// becomes a matrix of one row, which is what gorgonia's broadcasting wants.
func (t *trainGraph) parameter(w layer.Weight) (*G.Node, error) {
	value, err := readParam(t.params, w)
	if err != nil {
		return nil, err
	}
	shape := w.Shape
	if len(shape) == 1 {
		shape = []int{1, shape[0]}
	}
	values := append([]float32(nil), value.Float32s()...)
	own := tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
	n := G.NewMatrix(t.graph, tensor.Float32, G.WithName(w.Name), G.WithShape(shape...), G.WithValue(own))
	t.weights = append(t.weights, trainWeight{Weight: w, node: n, values: values})
	return n, nil
}

func (t *trainGraph) dropout(l *layer.Layer, o layer.Dropout) (*G.Node, error) {
	x, err := t.lower(l.In[0])
	if err != nil || o.Rate == 0 {
		return x, err
	}
	var mask func(uint64, []bool)
	if t.cfg.masks != nil {
		mask = func(step uint64, keep []bool) { t.cfg.masks(l.Name, step, keep) }
	}
	name := fnv.New64a() // two dropout layers must not share their masks
	_, _ = name.Write([]byte(l.Name))
	d, err := op.NewTrainDropout(t.id(), o.Rate, t.cfg.Seed^name.Sum64(), mask)
	if err != nil {
		return nil, layerError(l, err)
	}
	t.dropouts = append(t.dropouts, d)
	x, err = G.ApplyOp(d, x)
	return x, layerError(l, err)
}

func (t *trainGraph) activate(l *layer.Layer, a layer.Activation, x *G.Node) (*G.Node, error) {
	var f G.Op
	switch a.Function {
	case layer.Linear:
		return x, nil
	case layer.ReLU:
		f = op.NewTrainReLU(t.id(), a.Max)
	case layer.Sigmoid:
		f = op.NewTrainSigmoid(t.id())
	case layer.Swish:
		f = op.NewTrainSwish(t.id())
	default:
		return nil, fmt.Errorf("nn: %s (%s): %v cannot be trained but as the last layer", l.Name, l.Op.Class(), a.Function)
	}
	x, err := G.ApplyOp(f, x)
	return x, layerError(l, err)
}

func (t *trainGraph) id() int {
	t.ids++
	return t.ids
}

func layerError(l *layer.Layer, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("nn: %s (%s): %w", l.Name, l.Op.Class(), err)
}
