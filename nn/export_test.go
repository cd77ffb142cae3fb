package nn

import (
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
)

// Layer gives the tests of plans what nodes are made of.
func (n *Node) Layer() *layer.Layer { return n.layer }

// Networks and Rewrites are those that models are tested with.
var (
	Networks = networks
	Rewrites = rewrites
)

// CompileWithout is Compile with rewrites of the plan switched off.
func CompileWithout(without plan.Rewrite, params Params, c Config, output *Node) (*Model, error) {
	return compile(params, c, without, []*layer.Layer{output.layer})
}
