package backbones

import (
	"context"
	"fmt"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// photoBytes is the room on a GPU for a photo as bytes, some 16 million pixels.
// Larger ones are resized on the CPU.
func (c Config) photoBytes() int {
	if c.Device == (nn.Device{}) {
		return 0
	}
	return 48 << 20
}

// pixels returns a photo for a network on a GPU, which resizes and scales it to the
// same bits as Input. It is not ok on the CPU, and where the GPU can't.
func (b *Backbone) pixels(photo *data.RGB) (_ nn.Pixels, ok bool) {
	room := b.config.photoBytes() - 64<<10 // for what comes with it
	if room < len(photo.Pix) || len(photo.Pix) != 3*photo.Width*photo.Height {
		return nn.Pixels{}, false
	}
	plan, ok := b.resizing().Plan(photo)
	if !ok {
		return nn.Pixels{}, false
	}
	room -= len(photo.Pix)
	for _, taps := range [][]data.Taps{plan.Across, plan.Down} {
		for _, t := range taps {
			room -= 12 + 4*len(t.Weights)
		}
	}
	return nn.Pixels{Pix: photo.Pix, Width: photo.Width, Height: photo.Height, Resize: plan}, room >= 0
}

// runPixels computes the features of one photo.
func (b *Backbone) runPixels(ctx context.Context, p nn.Pixels, dst []float32) error {
	if len(dst) != b.Features() {
		return fmt.Errorf("backbones: %s: want room for %d features, got %d", b.spec.Name, b.Features(), len(dst))
	}
	out, err := b.model.RunPixels(ctx, []nn.Pixels{p}, b.colors())
	if err != nil {
		return fmt.Errorf("backbones: %s: %w", b.spec.Name, err)
	}
	copy(dst, out[0].Float32s())
	return nil
}

// colors is the preprocessing as a table, made of 256 pixels of grey.
func (b *Backbone) colors() nn.Colors {
	grey := &data.RGB{Pix: make([]uint8, 3*256), Width: 256, Height: 1}
	for i := range grey.Pix {
		grey.Pix[i] = uint8(i / 3)
	}
	values := make([]float32, len(grey.Pix))
	b.spec.Preprocess.Apply(values, grey)
	c := nn.Colors{BGR: b.spec.Preprocess.BGR}
	for i, v := range values {
		c.Values[i%3][i/3] = v
	}
	return c
}
