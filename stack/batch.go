package stack

import (
	"context"
	"fmt"
)

// A batch is photos, one behind the other, whose missing features are computed
// together. A photo that can't be read is in it, too.
type batch struct {
	tasks []*task
	rows  int // to be computed
}

// cachedAtMost is how many photos may wait in a batch in which few rows are to
// be computed.
const cachedAtMost = 256

// batch gathers photos in the order of the list. After one that ends the
// extraction it takes no more.
func (p *pipeline) batch(ctx context.Context) {
	b := &batch{}
	send := func() bool {
		select {
		case p.batches <- b:
			b = &batch{}
			return true
		case <-ctx.Done():
			return false
		}
	}
	for t := range p.order {
		select {
		case <-t.ready:
		case <-ctx.Done():
			return
		}
		b.tasks = append(b.tasks, t)
		b.rows += len(t.inputs)
		last := t.err != nil && (!t.isBad() || p.SkipBad == nil)
		if last || b.rows == 0 || b.rows >= p.Batch || len(b.tasks) == cachedAtMost {
			if !send() || last {
				return
			}
		}
	}
	if len(b.tasks) > 0 {
		send()
	}
}

// compute runs the members on batches, puts what they made into the cache and
// hands the photos on.
func (p *pipeline) compute(ctx context.Context) {
	buffers := make([][]float32, len(p.stack.members))
	for b := range p.batches {
		for m := range p.stack.members {
			err := p.run(ctx, b, m, &buffers[m])
			if err == nil && p.Cache != nil {
				err = p.put(ctx, b, m)
			}
			if err != nil {
				p.hand(ctx, &task{err: err})
				return
			}
		}
		for _, t := range b.tasks {
			p.hand(ctx, t)
		}
	}
}

func (p *pipeline) hand(ctx context.Context, t *task) {
	select {
	case p.results <- t:
	case <-ctx.Done():
	}
}

// run computes what is missing of a member, by way of a buffer.
func (p *pipeline) run(ctx context.Context, b *batch, m int, buffer *[]float32) error {
	member := p.stack.members[m]
	inputs := (*buffer)[:0]
	var to [][]float32
	for _, t := range b.tasks {
		for i := range t.inputs {
			if t.inputs[i][m] != nil {
				inputs = append(inputs, t.inputs[i][m]...)
				to = append(to, p.part(t, i, m))
				t.inputs[i][m] = nil
			}
		}
	}
	if len(to) == 0 {
		return nil
	}
	*buffer = inputs
	n := member.Features()
	features := make([]float32, len(to)*n)
	if err := member.Run(ctx, inputs, features); err != nil {
		first, last := b.tasks[0], b.tasks[len(b.tasks)-1]
		return fmt.Errorf("stack: photos %d (%s) to %d: %w", first.index+1, first.photo.File, last.index+1, err)
	}
	for i, part := range to {
		copy(part, features[i*n:])
	}
	return nil
}

// put gives the cache what a member has computed of a batch.
func (p *pipeline) put(ctx context.Context, b *batch, m int) error {
	var photos [][32]byte
	var features []float32
	for _, t := range b.tasks {
		if t.err == nil && t.missing[m] {
			photos = append(photos, t.digest)
			features = append(features, p.part(t, 0, m)...)
		}
	}
	if len(photos) == 0 {
		return nil
	}
	if err := p.Cache.Put(ctx, m, photos, features); err != nil {
		return fmt.Errorf("stack: cache: %w", err)
	}
	return nil
}
