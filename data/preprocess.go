package data

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
	table := p.table()
	first, last := 0, 2
	if p.BGR {
		first, last = 2, 0
	}
	pix := photo.Pix
	for i := 0; i+2 < min(len(dst), len(pix)); i += 3 {
		dst[i] = table[0][pix[i+first]]
		dst[i+1] = table[1][pix[i+1]]
		dst[i+2] = table[2][pix[i+last]]
	}
}

// table holds the value of every byte in every output channel.
func (p Preprocess) table() *[3][256]float32 {
	var t [3][256]float32
	for c := range t {
		scale, std := orOne(p.Scale), orOne(p.Std[c])
		for v := range t[c] {
			t[c][v] = float32(float32(float32(v)/scale)-p.Mean[c]) / std
		}
	}
	return &t
}

func orOne(v float32) float32 {
	if v == 0 {
		return 1
	}
	return v
}
