package nn

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/internal/cuda"
	"github.com/cairnml/cairn/internal/resample"
)

// Pixels are a photo as bytes, for RunPixels.
type Pixels struct {
	Pix           []uint8 // [Height, Width, 3]
	Width, Height int
	Resize        resample.Plan // to the size of the model's input, from data.Resizing.Plan
}

// Colors say which value of the input a byte stands for: Values[c][b] in channel c.
type Colors struct {
	Values [3][256]float32
	BGR    bool // channel 0 of the input is made of the photos' blue, not of red
}

// RunPixels is Run for photos as bytes, which the GPU resizes and scales. It is for
// models on a GPU with Config.PixelBytes and an input [H, W, 3].
func (m *Model) RunPixels(ctx context.Context, photos []Pixels, c Colors) ([]*tensor.Dense, error) {
	switch {
	case m.device == nil || m.config.PixelBytes == 0 || len(m.input) != 3 || m.input[2] != 3:
		return nil, fmt.Errorf("nn: photos as bytes: want a model on a GPU with PixelBytes and an input [H, W, 3], got one on %v with input [%s]",
			m.config.Device, join(m.input))
	case len(photos) < 1 || len(photos) > m.config.Batch:
		return nil, fmt.Errorf("nn: batch: want 1 to %d photos, got %d", m.config.Batch, len(photos))
	case !m.runs.enter():
		return nil, errClosed
	}
	defer m.runs.leave()
	list := make([]cuda.Pixels, len(photos))
	for i, p := range photos {
		list[i] = cuda.Pixels{Picture: resample.Picture{Pix: p.Pix, Width: p.Width, Height: p.Height}, Resize: p.Resize}
	}
	results := m.results(len(photos))
	if err := m.device.RunPixels(ctx, list, cuda.Colors(c), floats(results)); err != nil {
		return nil, deviceError(ctx, err)
	}
	return results, nil
}
