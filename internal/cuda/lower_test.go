package cuda

import (
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/plan"
)

// unknown is a step that only a CPU could do.
type unknown struct{}

func (unknown) Algorithm() string { return "fast fourier" }

// TestNoDeviceStep lowers a step that the device lacks.
func TestNoDeviceStep(t *testing.T) {
	p := &plan.Plan{
		Values:  []plan.Value{{Layer: "in", H: 4, W: 4, C: 3, Stride: 3, Around: 3}, {Layer: "block1_fft", H: 4, W: 4, C: 3, Buffer: 1, Stride: 3, Around: 3}},
		Steps:   []plan.Step{{Op: unknown{}, In: []int{0}, Out: 1, Layers: []string{"block1_bn", "block1_fft"}}},
		Outputs: []int{1},
		Buffers: []int{48, 48},
	}
	_, err := lower(p, nil, Config{Batch: 1})
	if want := "block1_fft: no device step for fast fourier"; err == nil || err.Error() != want {
		t.Errorf("want %q, got %v", want, err)
	}
}

// TestTooLarge lowers maps whose values the kernels can't count.
func TestTooLarge(t *testing.T) {
	p := &plan.Plan{
		Values:  []plan.Value{{Layer: "in", H: 1 << 14, W: 1 << 14, C: 3, Stride: 3, Around: 3}},
		Buffers: []int{3 << 28},
		Outputs: []int{0},
	}
	if _, err := lower(p, nil, Config{Batch: 2}); err != nil {
		t.Errorf("a batch of 2: %v", err)
	}
	if _, err := lower(p, nil, Config{Batch: 3}); err == nil || !strings.HasPrefix(err.Error(), "in: batch of 3: want less than 2³¹ values") {
		t.Errorf("want that a batch of 3 is too large, got %v", err)
	}
}

// TestRoundTF32 compares with values worked out by hand.
func TestRoundTF32(t *testing.T) {
	const last = 1.0 / 1024 // of 1
	for from, want := range map[float32]float32{
		1: 1, 1 + last: 1 + last, 1 + last/2: 1 + last, 1 + last/2 - last/1024: 1, -1 - last/2: -1 - last, 0: 0,
		1e-40: 0x1.2p-133, 3.4e38: 0x1.ff8p127,
	} {
		if got := roundTF32(from); got != want {
			t.Errorf("%g: want %g, got %g", from, want, got)
		}
	}
}

// TestSizesOfParams compares with what C compilers make of kernels/params.h.
func TestSizesOfParams(t *testing.T) {
	for name, sizes := range map[string][2]int{
		"conv":        {len(bytesOf(&convParams{})), 224},
		"depthwise":   {len(bytesOf(&depthwiseParams{})), 136},
		"pool":        {len(bytesOf(&poolParams{})), 144},
		"global_pool": {len(bytesOf(&globalPoolParams{})), 104},
		"map":         {len(bytesOf(&mapParams{})), 104},
		"combine":     {len(bytesOf(&combineParams{})), 120},
		"softmax":     {len(bytesOf(&softmaxParams{})), 64},
		"pixels":      {len(bytesOf(&pixelParams{})), 40},
		"picture":     {len(bytesOf(&picture{})), 48},
		"tap":         {len(bytesOf(&tap{})), 12},
	} {
		if sizes[0] != sizes[1] {
			t.Errorf("%s: want %d bytes, got %d", name, sizes[1], sizes[0])
		}
	}
}
