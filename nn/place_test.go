package nn_test

import (
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/layer"
	"github.com/cairnml/cairn/internal/plan"
	"github.com/cairnml/cairn/nn"
)

// TestNoLiveValueIsOverwritten plans every network and backbone, with each
// rewrite switched off, and follows what lies where.
func TestNoLiveValueIsOverwritten(t *testing.T) {
	for _, n := range nn.Networks {
		b := nn.NewBuilder()
		out := n.Build(b)
		nodes, err := nn.Nodes(out)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(n.Name, func(t *testing.T) {
			follow(t, out)
			follow(t, nodes...)
		})
	}
	for _, spec := range backbones.All() {
		t.Run(spec.Name, func(t *testing.T) {
			b := nn.NewBuilder()
			out := spec.Build(b, b.Input("in", 39, 48, 3))
			if err := b.Err(); err != nil {
				t.Fatal(err)
			}
			follow(t, out)
		})
	}
}

func follow(t *testing.T, outputs ...*nn.Node) {
	t.Helper()
	layers := make([]*layer.Layer, len(outputs))
	for i, n := range outputs {
		layers[i] = n.Layer()
	}
	for _, without := range nn.Rewrites {
		p, err := plan.Build(layers, without)
		if err != nil {
			t.Fatal(err)
		}
		m := newMemory(t, p)
		m.write(p.Input, m.fresh(p.Input))
		for i := range p.Steps {
			m.step(i)
		}
		for _, v := range p.Outputs {
			m.read("at the end", v)
		}
		if t.Failed() {
			t.Fatalf("without rewrites %b", without)
		}
	}
}

// memory is the state of a plan's buffers in a run with symbols for numbers:
// every step makes new ones, except a concatenation, which copies.
type memory struct {
	t       *testing.T
	plan    *plan.Plan
	buffers [][]int
	values  [][]int // pixel by pixel
	symbols int
}

func newMemory(t *testing.T, p *plan.Plan) *memory {
	m := &memory{t: t, plan: p, values: make([][]int, len(p.Values))}
	for _, n := range p.Buffers {
		m.buffers = append(m.buffers, make([]int, n))
	}
	return m
}

func (m *memory) fresh(v int) []int {
	value := m.plan.Values[v]
	content := make([]int, value.H*value.W*value.C)
	for i := range content {
		m.symbols++
		content[i] = m.symbols
	}
	return content
}

// at returns where pixel p of a value lies.
func (m *memory) at(v, p int) []int {
	value := m.plan.Values[v]
	return m.buffers[value.Buffer][value.Offset+p*value.Stride:][:value.C]
}

func (m *memory) write(v int, content []int) {
	m.values[v] = content
	value := m.plan.Values[v]
	for p := range value.H * value.W {
		copy(m.at(v, p), content[p*value.C:])
	}
}

func (m *memory) read(when string, v int) {
	m.t.Helper()
	value := m.plan.Values[v]
	for p := range value.H * value.W {
		for c, symbol := range m.at(v, p) {
			if symbol != m.values[v][p*value.C+c] {
				m.t.Errorf("%s: pixel %d, channel %d of %s is gone", when, p, c, value.Layer)
				return
			}
		}
	}
}

func (m *memory) step(i int) {
	s := m.plan.Steps[i]
	for _, v := range s.In {
		m.read(s.Op.Algorithm()+" "+m.plan.Values[s.Out].Layer, v)
	}
	var content []int
	if _, ok := s.Op.(plan.Concat); ok {
		out := m.plan.Values[s.Out]
		for p := range out.H * out.W {
			for _, v := range s.In {
				c := m.plan.Values[v].C
				content = append(content, m.values[v][p*c:(p+1)*c]...)
			}
		}
	} else {
		content = m.fresh(s.Out)
	}
	m.write(s.Out, content)
	for j, v := range s.In {
		conv, _ := s.Op.(plan.Conv)
		if conv.Accumulate && j == 1 { // read where it is overwritten, or copied before
			continue
		}
		m.read("while "+m.plan.Values[s.Out].Layer+" is written", v)
	}
}
