package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/fnv"

	"github.com/cairnml/cairn/data"
)

// A task is one photo on its way through a pipeline. One stage at a time has it.
type task struct {
	photo   data.Photo
	index   int
	content []byte // of the file, until it is decoded
	digest  [32]byte
	// err is a *PhotoError, or what ends the extraction.
	err error

	features [][]float32   // [1 + Variants][Stack.Features]
	inputs   [][][]float32 // [1 + Variants][members], nil where nothing is to be computed
	missing  []bool        // by member: the cache did not have it
	ready    chan struct{} // closed when the task is read and decoded
}

// cached says that nothing has to be computed for a task that was read.
func (t *task) cached() bool {
	for _, m := range t.missing {
		if m {
			return false
		}
	}
	return t.err == nil && len(t.features) == 1
}

// isBad says that the photo can't be read or decoded.
func (t *task) isBad() bool {
	_, bad := t.err.(*PhotoError)
	return bad
}

// read fetches the file and what the cache has of it.
func (p *pipeline) read(ctx context.Context, t *task) {
	content, err := p.source.Read(ctx, t.photo)
	if err != nil {
		t.err = p.bad(t, err)
		return
	}
	t.content, t.digest = content, sha256.Sum256(content)
	table := make([]float32, (1+p.Variants)*p.stack.width)
	for i := range 1 + p.Variants {
		t.features = append(t.features, table[i*p.stack.width:(i+1)*p.stack.width])
	}
	t.missing = make([]bool, len(p.stack.members))
	for m := range p.stack.members {
		has := false
		if p.Cache != nil {
			if has, err = p.Cache.Get(ctx, m, t.digest, p.part(t, 0, m)); err != nil {
				t.err = fmt.Errorf("stack: cache: photo %d: %s: %w", t.index+1, t.photo.File, err)
				return
			}
		}
		t.missing[m] = !has
	}
}

// decode makes the inputs of the members, of which features are missing.
func (p *pipeline) decode(t *task) {
	photo, err := p.decodeFile(t.content)
	t.content = nil
	if err != nil {
		t.err = p.bad(t, err)
		return
	}
	for i := range t.features {
		changed := photo
		if i > 0 {
			changed = p.Augmentation.Apply(photo, variantSeed(p.Seed, t.photo.File, i))
		}
		inputs := make([][]float32, len(p.stack.members))
		for m, member := range p.stack.members {
			if i == 0 && !t.missing[m] {
				continue
			}
			inputs[m] = make([]float32, member.InputLen())
			if err := member.Input(inputs[m], changed); err != nil {
				t.err, t.inputs = p.bad(t, err), nil
				return
			}
		}
		t.inputs = append(t.inputs, inputs)
	}
}

// decodeFile is that of the stack's decoder.
func (p *pipeline) decodeFile(content []byte) (*data.RGB, error) {
	return p.stack.decoder.Decode(bytes.NewReader(content))
}

// variantSeed is another number for every photo and variant.
func variantSeed(seed uint64, file string, variant int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s", seed, variant, file)
	return h.Sum64()
}

func (p *pipeline) bad(t *task, err error) error {
	return &PhotoError{Photo: t.photo, Index: t.index, Total: p.source.Total, Err: err}
}

// part is where the features of a member lie in a row of a task.
func (p *pipeline) part(t *task, row, member int) []float32 {
	from, to := p.columns[member], p.columns[member+1]
	return t.features[row][from:to:to]
}
