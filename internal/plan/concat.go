package plan

import "slices"

// nestConcats lets a concatenation that begins with all inputs of an earlier one
// read that one instead, so that both can lie in one buffer.
func (g *graph) nestConcats() {
	type concat struct {
		n  *node
		in []*node // as declared
	}
	var earlier []concat
	for _, n := range g.nodes {
		if _, ok := n.op.(Concat); !ok {
			continue
		}
		longest := concat{}
		for _, c := range earlier {
			if len(c.in) > len(longest.in) && len(c.in) <= len(n.in) && slices.Equal(c.in, n.in[:len(c.in)]) {
				longest = c
			}
		}
		earlier = append(earlier, concat{n, n.in})
		if longest.n != nil {
			n.in = append([]*node{longest.n}, n.in[len(longest.in):]...)
		}
	}
}
