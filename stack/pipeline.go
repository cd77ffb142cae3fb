package stack

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/cairnml/cairn/data"
)

// A pipeline takes photos through stages that run at the same time, each on
// goroutines of its own:
//
//	list ─► reading ─► decoding ─┐
//	 └──────── in order ─────────┴─► batching ─► computing ─► results
//
// The list puts each photo into two channels: to be read by whoever is free, and
// in order. Batching takes them from the latter and waits for each to be decoded,
// so that results come in the order of the list. The capacity of the channels is
// what bounds memory. The cache has what was computed of a batch before the next
// one is begun, so that whoever is killed loses the batch in flight. With the context all stages end; nothing blocks on a stage
// that is gone.
type pipeline struct {
	Extraction
	stack   *Stack
	source  data.Source
	columns []int // [members + 1], where the features of each begin in a row

	reads, decodes, order chan *task
	batches               chan *batch
	results               chan *task
}

// newPipeline takes an Extraction with all defaults filled in.
func newPipeline(s *Stack, source data.Source, e Extraction) *pipeline {
	photos := max(1, e.Batch/(1+e.Variants)) // of a batch
	window := photos + e.Readers             // being read or decoded, or waiting for their turn
	p := &pipeline{
		Extraction: e, stack: s, source: source, columns: make([]int, 1, len(s.members)+1),
		reads: make(chan *task, window), decodes: make(chan *task, window), order: make(chan *task, window),
		batches: make(chan *batch),
		results: make(chan *task, photos),
	}
	for i, m := range s.members {
		p.columns = append(p.columns, p.columns[i]+m.Features())
	}
	return p
}

// start starts the stages and returns a function that ends them. It does not wait
// for photos that are being decoded, which can take long and can't be stopped;
// that goes on with memory of its own alone.
func (p *pipeline) start(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var readers, stages sync.WaitGroup
	for range p.Readers {
		readers.Go(func() {
			for t := range p.reads {
				p.read(ctx, t)
				if t.err == nil && !t.cached() {
					p.decodes <- t
				} else {
					close(t.ready)
				}
			}
		})
	}
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for t := range p.decodes {
				if t.err = ctx.Err(); t.err == nil {
					p.decode(t)
				}
				close(t.ready)
			}
		}()
	}
	stages.Go(func() { readers.Wait(); close(p.decodes) })
	stages.Go(func() { p.list(ctx); close(p.order); close(p.reads) })
	stages.Go(func() { p.batch(ctx); close(p.batches) })
	stages.Go(func() { p.compute(ctx); close(p.results) })
	return func() {
		cancel()
		stages.Wait()
	}
}

// list hands out the photos of the source.
func (p *pipeline) list(ctx context.Context) {
	index := 0
	for photo, err := range p.source.Photos {
		t := &task{photo: photo, index: index, ready: make(chan struct{})}
		if err != nil {
			t.err = fmt.Errorf("stack: source: photo %d: %w", index+1, err)
			close(t.ready)
		}
		select {
		case p.order <- t:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		p.reads <- t
		index++
	}
}
