package kernel

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// specimen is a kernel with one of its shapes. Run draws what it needs from m, so
// that a test decides where values lie and what they are, and returns the output.
type specimen struct {
	name string
	run  func(m memory, t *Team) Map
}

// exact tells whether the output is free of rounding errors where the values are
// small integers, whatever the order of operations.
func (s specimen) exact() bool {
	return !strings.HasPrefix(s.name, "F(") && !strings.Contains(s.name, "act{2") && !strings.Contains(s.name, "act{3")
}

// memory is where a specimen's values come from.
type memory struct {
	alloc func(n int) []float32
	value func() float32
}

// heap is memory of the usual kind with numbers drawn from a seed.
func heap(seed uint64) memory {
	rng := rand.New(rand.NewPCG(seed, 0))
	return memory{
		alloc: func(n int) []float32 { return make([]float32, n) },
		value: func() float32 { return float32(rng.NormFloat64()) },
	}
}

func (m memory) draw(n int) []float32 {
	s := m.alloc(n)
	for i := range s {
		s[i] = m.value()
	}
	return s
}

// mapOf has nothing behind the channels of the last pixel.
func (m memory) mapOf(h, w, c, gap int) Map {
	return Map{Data: m.draw((h*w-1)*(c+gap) + c), H: h, W: w, C: c, Stride: c + gap}
}

func (m memory) copy(s []float32) []float32 {
	c := m.alloc(len(s))
	copy(c, s)
	return c
}

func (m memory) moveAll(packed []matrix) {
	for i := range packed {
		packed[i].data, packed[i].bias = m.copy(packed[i].data), m.copy(packed[i].bias)
	}
}

func (m memory) movePrologue(p *Prologue) *Prologue {
	if p == nil {
		return nil
	}
	return &Prologue{m.copy(p.Scale), m.copy(p.Shift), p.Activation}
}

var everyActivation = []Activation{{}, {Kind: ReLU}, {Kind: ReLU, Max: 1.5}, {Kind: Sigmoid}, {Kind: Swish}}

// channelCounts has every remainder of the vectors of 8 and of 16, and of a panel.
func channelCounts() []int {
	var counts []int
	for c := 1; c <= 40; c++ {
		counts = append(counts, c)
	}
	if testing.Short() {
		return []int{1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40}
	}
	return counts
}

// productShape is a product with a matrix that is packed.
type productShape struct {
	rows, cols, run, runs int
	gap                   int // between what lies apart
	accumulate, bias      bool
	act                   Activation
}

func (p productShape) specimen() specimen {
	name := fmt.Sprintf("product %d×%d·%d×%d,accumulate=%v,bias=%v,act%v,gap%d", p.rows, p.run, p.runs, p.cols, p.accumulate, p.bias, p.act, p.gap)
	return specimen{name, func(m memory, t *Team) Map {
		var bias []float32
		if p.bias {
			bias = m.draw(p.cols)
		}
		k := p.run * p.runs
		packed := []matrix{packBlocks(depthOf(p.run), k, p.cols, m.draw(k*p.cols), p.cols, 0, bias)}
		packed[0].accumulate = p.accumulate
		m.moveAll(packed)
		step := p.run + p.gap
		ld := p.runs*step + p.gap
		a := left{m.draw((p.rows-1)*ld + (p.runs-1)*step + p.run), ld, p.run, step}
		dst := m.mapOf(p.rows, 1, p.cols, p.gap)
		packed[0].multiply(t.impl, dst.Data, dst.Stride, a, p.rows, 0, p.cols, p.act)
		return dst
	}}
}

// productSpecimens have every number of rows of a tile and more, sums of every
// remainder of an unrolled loop, in one run and in several.
func productSpecimens() (all []specimen) {
	i := 0
	for rows := 1; rows <= 30; rows++ {
		for _, cols := range channelCounts() {
			i++
			for _, shape := range [][2]int{{1 + i%5, 1}, {1 + i%3, 3}, {7 + i%7, 1}} {
				all = append(all, productShape{rows, cols, shape[0], shape[1], i % 4, i%2 == 0, i%3 > 0, everyActivation[i%5]}.specimen())
			}
		}
	}
	return all
}

// convSpecimens are convolutions of every kind, Winograd's among them if asked for.
func convSpecimens(winograd bool) (all []specimen) {
	run := func(conv interface {
		Out(h, w int) (int, int, int)
		Scratch(threads, h, w int) int
		Run(t *Team, dst, src Map, scratch []float32)
	}, c convCase, m memory, t *Team) Map {
		src := m.mapOf(c.h, c.w, c.in, c.in%3)
		h, w, out := conv.Out(c.h, c.w)
		dst := m.mapOf(h, w, out, c.out%2)
		conv.Run(t, dst, src, m.draw(conv.Scratch(t.threads, c.h, c.w)))
		return dst
	}
	if winograd {
		for _, tile := range []int{2, 4} {
			for _, c := range winogradCases() {
				all = append(all, specimen{fmt.Sprintf("F(%d×%d) %v", tile, tile, c), func(m memory, t *Team) Map {
					conv := NewWinograd(c.configFrom(m.draw), tile)
					m.moveAll(conv.weights)
					conv.bias, conv.prologue = m.copy(conv.bias), m.movePrologue(conv.prologue)
					return run(conv, c, m, t)
				}})
			}
		}
		return all
	}
	for _, c := range convCases() {
		all = append(all, specimen{"conv " + c.String(), func(m memory, t *Team) Map {
			conv := NewConv2D(c.configFrom(m.draw))
			m.moveAll(conv.weights)
			conv.prologue = m.movePrologue(conv.prologue)
			return run(conv, c, m, t)
		}})
	}
	return all
}

// windowShape is a depthwise convolution or a pool.
type windowShape struct {
	h, w, c int
	g       Geometry
	act     Activation
	gap     int
}

func (s windowShape) specimens() []specimen {
	name := fmt.Sprintf("%dx%dx%d,%v,act%v,gap%d", s.h, s.w, s.c, s.g, s.act, s.gap)
	h, w := s.g.Out(s.h, s.w)
	of := func(kind string, run func(m memory, t *Team, dst, src Map)) specimen {
		return specimen{kind + name, func(m memory, t *Team) Map {
			src, dst := m.mapOf(s.h, s.w, s.c, s.gap), m.mapOf(h, w, s.c, s.gap)
			run(m, t, dst, src)
			return dst
		}}
	}
	return []specimen{
		of("depthwise ", func(m memory, t *Team, dst, src Map) {
			d := NewDepthwiseConv2D(s.g, s.c, 1, m.draw(s.g.normal().taps()*s.c), m.draw(s.c), s.act)
			d.weights, d.bias = m.copy(d.weights), m.copy(d.bias)
			d.Run(t, dst, src)
		}),
		of("maximum ", func(_ memory, t *Team, dst, src Map) { MaxPool(t, dst, src, s.g) }),
		of("average ", func(m memory, t *Team, dst, src Map) {
			var prologue *Prologue
			if s.gap > 0 {
				prologue = &Prologue{m.draw(s.c), m.draw(s.c), s.act}
			}
			AveragePool(t, dst, src, s.g, prologue)
		}),
	}
}

// windowSpecimens are depthwise convolutions and pools.
func windowSpecimens() (all []specimen) {
	for i, geo := range geometries {
		for j, c := range channelCounts() {
			all = append(all, windowShape{geo.h, geo.w, c, geo.g, everyActivation[(i+j)%5], (i + j) % 3}.specimens()...)
		}
	}
	return all
}

// simpleSpecimens are the kernels whose loops are simple.
func simpleSpecimens() (all []specimen) {
	const h, w = 3, 5
	add := func(name string, run func(m memory, t *Team, dst, src Map)) {
		for i, c := range channelCounts() {
			gap := i % 3
			all = append(all, specimen{fmt.Sprintf("%s %d+%d", name, c, gap), func(m memory, t *Team) Map {
				dst, src := m.mapOf(h, w, c, gap), m.mapOf(h, w, c, gap)
				run(m, t, dst, src)
				return dst
			}})
		}
	}
	for _, act := range everyActivation {
		add(fmt.Sprint("affine act", act), func(m memory, t *Team, dst, src Map) { Affine(t, dst, src, m.draw(src.C), m.draw(src.C), act) })
		add(fmt.Sprint("activate act", act), func(_ memory, t *Team, dst, src Map) { Activate(t, dst, src, act) })
		add(fmt.Sprint("add act", act), func(m memory, t *Team, dst, src Map) {
			Add(t, dst, []Map{src, m.mapOf(h, w, src.C, 2)}, act)
		})
	}
	add("multiply", func(m memory, t *Team, dst, src Map) { Multiply(t, dst, src, m.mapOf(h, w, src.C, 1)) })
	add("multiply by [1, 1, C]", func(m memory, t *Team, dst, src Map) { Multiply(t, dst, src, m.mapOf(1, 1, src.C, 0)) })
	add("softmax", func(_ memory, t *Team, dst, src Map) { Softmax(t, dst, src) })
	add("pad", func(_ memory, t *Team, dst, src Map) {
		Pad(t, dst, Map{Data: src.Data, H: h - 2, W: w - 1, C: src.C, Stride: src.Stride}, [4]int{1, 1, 1, 0})
	})
	for _, c := range channelCounts() {
		global := func(name string, run func(t *Team, dst, src Map)) {
			all = append(all, specimen{fmt.Sprintf("global %s %d", name, c), func(m memory, t *Team) Map {
				dst, src := m.mapOf(1, 1, c, 0), m.mapOf(h, w, c, c%3)
				run(t, dst, src)
				return dst
			}})
		}
		global("maximum", GlobalMax)
		global("average", func(t *Team, dst, src Map) { GlobalAverage(t, dst, src, nil) })
		for rows := 1; rows <= 3; rows++ {
			all = append(all, specimen{fmt.Sprintf("dense %d×%d", rows, c), func(m memory, t *Team) Map {
				in := 2*c + 1
				d := NewDense(in, c, m.draw(in*c), m.draw(c), Activation{Kind: ReLU})
				weights := []matrix{d.weights}
				m.moveAll(weights)
				d.weights = weights[0]
				dst := m.mapOf(rows, 1, c, 0)
				d.Run(t, dst.Data, m.draw(rows*in))
				return dst
			}})
		}
	}
	return all
}

func everySpecimen() []specimen {
	all := append(productSpecimens(), convSpecimens(false)...)
	all = append(all, convSpecimens(true)...)
	return append(append(all, windowSpecimens()...), simpleSpecimens()...)
}

// values returns the channels of all pixels of a map.
func values(m Map) []float32 {
	var v []float32
	for p := range m.Pixels() {
		v = append(v, m.pixel(p)...)
	}
	return v
}
