package data

import (
	"fmt"

	"github.com/cairnml/cairn/internal/resample"
)

// Preprocess says how the bytes of a photo become a network's input. Output
// channel c of a pixel is
//
//	(x/Scale − Mean[c]) / Std[c]
//
// where every operation is rounded to float32, which gives the same bits as
// Keras's preprocess_input on a NumPy array. Preprocess is a comparable value;
// the zero value hands the bytes on as they are, 0 to 255.
type Preprocess struct {
	Name  string     // for people, and to tell saved values apart
	BGR   bool       // output channels are blue, green, red
	Scale float32    // 0 means 1
	Mean  [3]float32 // by output channel
	Std   [3]float32 // by output channel; 0 means 1
}

// The modes of keras/src/applications/imagenet_utils.py, and the rule of the
// EfficientNet-Lite networks.
var (
	// TF maps [0, 255] to [−1, 1]: ResNetV2, Inception, MobileNet, NASNet.
	TF = Preprocess{Name: "tf", Scale: 127.5, Mean: [3]float32{1, 1, 1}}

	// Torch scales to [0, 1], then by ImageNet's mean and deviation: DenseNet.
	Torch = Preprocess{
		Name:  "torch",
		Scale: 255,
		Mean:  [3]float32{0.485, 0.456, 0.406},
		Std:   [3]float32{0.229, 0.224, 0.225},
	}

	// Caffe turns RGB into BGR and subtracts ImageNet's mean: VGG, ResNet.
	Caffe = Preprocess{Name: "caffe", BGR: true, Mean: [3]float32{103.939, 116.779, 123.68}}

	// EfficientNetLite maps [0, 255] to about [−1, 1]: (x − 127)/128.
	EfficientNetLite = Preprocess{Name: "efficientnet-lite", Mean: [3]float32{127, 127, 127}, Std: [3]float32{128, 128, 128}}
)

// Apply writes a photo to dst as a network wants it, [H, W, 3] in C order. The
// length of dst should be H·W·3; whole pixels are written as far as it reaches.
func (p Preprocess) Apply(dst []float32, photo *RGB) {
	p.table().row(dst, photo.Pix)
}

// Input resizes a photo and writes it to dst as a network wants it,
// [Height, Width, 3] in C order, in one pass. It is [Resizing.Apply] and
// [Preprocess.Apply], except that TensorFlowBilinear is not rounded between. The
// length of dst must be Height·Width·3, and the photo must not be empty.
func (p Preprocess) Input(dst []float32, photo *RGB, r Resizing) error {
	if r.Width < 1 || r.Height < 1 || len(dst)/3/r.Width != r.Height || len(dst) != 3*r.Width*r.Height {
		return fmt.Errorf("data: input of %d×%d pixels: want room for three values each, got %d", r.Width, r.Height, len(dst))
	}
	src, crop, ok := r.prepare(photo)
	if !ok {
		return fmt.Errorf("data: want a photo to resize to %d×%d by %v, got %d×%d", r.Width, r.Height, r.Interpolation, photo.Width, photo.Height)
	}
	line := func(y int) []float32 { return dst[3*y*r.Width : 3*(y+1)*r.Width] }
	if r.Interpolation == TensorFlowBilinear {
		resample.TensorFlow(src, crop, r.Width, r.Height, func(y int, row []float32) { p.floats(line(y), row) })
		return nil
	}
	t := p.table()
	r.rows(src, crop, func(y int, row []uint8) { t.row(line(y), row) })
	return nil
}

// floats is Apply for values that are not whole.
func (p Preprocess) floats(dst, pix []float32) {
	for i := 0; i+2 < len(pix); i += 3 {
		for c := range 3 {
			from := c
			if p.BGR {
				from = 2 - c
			}
			dst[i+c] = p.value(pix[i+from], c)
		}
	}
}

// value is one operation after the other, each rounded to float32.
func (p Preprocess) value(v float32, channel int) float32 {
	return float32(float32(v/orOne(p.Scale))-p.Mean[channel]) / orOne(p.Std[channel])
}

// A pixelTable holds the value of every byte in every output channel.
type pixelTable struct {
	values [3][256]float32
	bgr    bool
}

func (p Preprocess) table() *pixelTable {
	t := &pixelTable{bgr: p.BGR}
	for c := range t.values {
		for v := range t.values[c] {
			t.values[c][v] = p.value(float32(v), c)
		}
	}
	return t
}

func (t *pixelTable) row(dst []float32, pix []uint8) {
	n := min(len(dst), len(pix)) / 3 * 3
	dst, pix = dst[:n], pix[:n]
	first, last := 0, 2
	if t.bgr {
		first, last = 2, 0
	}
	for i := 0; i+2 < len(pix) && i+2 < len(dst); i += 3 {
		dst[i] = t.values[0][pix[i+first]]
		dst[i+1] = t.values[1][pix[i+1]]
		dst[i+2] = t.values[2][pix[i+last]]
	}
}

func orOne(v float32) float32 {
	if v == 0 {
		return 1
	}
	return v
}
