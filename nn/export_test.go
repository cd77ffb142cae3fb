package nn

import "github.com/cairnml/cairn/internal/layer"

// Layer gives the tests of plans what nodes are made of.
func (n *Node) Layer() *layer.Layer { return n.layer }

// Networks and Rewrites are those that models are tested with.
var (
	Networks = networks
	Rewrites = rewrites
)
