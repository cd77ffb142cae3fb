package plan

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// MFLOP is the work of a step in millions of multiplications and additions;
// what is not a convolution or a dense layer counts one for every value it
// reads.
func (p *Plan) MFLOP(s Step) float64 {
	out := p.Values[s.Out]
	pixels := float64(out.H * out.W)
	switch op := s.Op.(type) {
	case Conv:
		inputs := op.In / op.Groups
		return 2 * pixels * float64(out.C*op.Window.Size[0]*op.Window.Size[1]*inputs) / 1e6
	case Dense:
		in := p.Values[s.In[0]]
		return 2 * float64(in.C) * float64(out.C) / 1e6
	}
	_, isConcat := s.Op.(Concat)
	read, channel := 0, 0
	for _, v := range s.In {
		in := p.Values[v]
		if !isConcat || in.Buffer != out.Buffer || in.Offset != out.Offset+channel {
			read += in.H * in.W * in.C
		}
		channel += in.C
	}
	return float64(read) / 1e6
}

// WriteTable prints the steps, one a line: what they do, the shape they write
// and where, the work, and the layers that went into them.
func (p *Plan) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "step\talgorithm\toutput\tbuffer\tMFLOP\tlayers")
	total := 0.0
	for i, s := range p.Steps {
		v := p.Values[s.Out]
		total += p.MFLOP(s)
		fmt.Fprintf(t, "%d\t%s\t%d×%d×%d\t%d\t%.1f\t%s\n",
			i, s.Op.Algorithm(), v.H, v.W, v.C, v.Buffer, p.MFLOP(s), strings.Join(s.Layers, " + "))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	floats := 0
	for _, n := range p.Buffers {
		floats += n
	}
	_, err := fmt.Fprintf(w, "%d steps, %.1f MFLOP a photo, %d buffers of %.1f MB\n",
		len(p.Steps), total, len(p.Buffers), float64(floats)*4/1e6)
	return err
}
