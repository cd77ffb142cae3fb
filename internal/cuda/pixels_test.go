//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/cuda/fakedriver"
	"github.com/cairnml/cairn/nn"
)

// photo is one of random bytes, with black and white among them.
func photo(width, height int) *data.RGB {
	rng := rand.New(rand.NewPCG(uint64(width), uint64(height)))
	p := &data.RGB{Pix: make([]uint8, 3*width*height), Width: width, Height: height}
	for i := range p.Pix {
		p.Pix[i] = uint8(min(255, max(0, rng.IntN(350)-50)))
	}
	return p
}

// unchanged is a model that returns its input.
func unchanged(t *testing.T, width, height int, c nn.Config) *nn.Model {
	t.Helper()
	b := nn.NewBuilder()
	m, err := nn.Compile(drawn{}, c, b.Dropout("out", b.Input("in", height, width, 3), nn.Dropout{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// pixels plans the resizing of photos.
func pixels(t *testing.T, r data.Resizing, photos ...*data.RGB) []nn.Pixels {
	t.Helper()
	var list []nn.Pixels
	for _, p := range photos {
		plan, ok := r.Plan(p)
		if !ok {
			t.Fatalf("no plan for %+v", r)
		}
		list = append(list, nn.Pixels{Pix: p.Pix, Width: p.Width, Height: p.Height, Resize: plan})
	}
	return list
}

// colors is a preprocessing as a table, by its definition.
func colors(p data.Preprocess) nn.Colors {
	c := nn.Colors{BGR: p.BGR}
	one := func(x float32) float32 {
		if x == 0 {
			return 1
		}
		return x
	}
	for channel := range 3 {
		for b := range 256 {
			c.Values[channel][b] = float32(float32(float32(b)/one(p.Scale))-p.Mean[channel]) / one(p.Std[channel])
		}
	}
	return c
}

// TestPixelsAreThoseOfTheCPU resizes and scales photos of several sizes in a batch by
// every filter, to the bits of data.Preprocess.Input, which are Pillow's and Keras's.
func TestPixelsAreThoseOfTheCPU(t *testing.T) {
	const width, height = 23, 17
	m := unchanged(t, width, height, nn.Config{Device: nn.CUDA(0), Batch: 5, PixelBytes: 1 << 20})
	photos := []*data.RGB{photo(width, height), photo(7, 5), photo(200, 97), photo(width, 300), photo(90, height)}
	schemes := []data.Preprocess{data.TF, data.Torch, data.Caffe, data.EfficientNetLite, {}, data.TF}
	for by := data.Nearest; by <= data.Hamming; by++ {
		for _, keep := range []bool{false, true} {
			r := data.Resizing{Width: width, Height: height, Interpolation: by, KeepAspect: keep}
			scheme := schemes[by]
			got, err := m.RunPixels(t.Context(), pixels(t, r, photos...), colors(scheme))
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range photos {
				want := make([]float32, 3*width*height)
				if err := scheme.Input(want, p, r); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(want, got[0].Float32s()[i*len(want):(i+1)*len(want)]) {
					t.Errorf("%v, keep aspect %t, photo %d of %d×%d: other bits", by, keep, i, p.Width, p.Height)
				}
			}
		}
	}
}

// TestPixelTraffic counts what photos as bytes cost: their bytes, the table of colors,
// which pixel goes where, and one launch more.
func TestPixelTraffic(t *testing.T) {
	fake(t, fakedriver.Settings{})
	const width, height, photos = 32, 24, 3
	m := unchanged(t, width, height, nn.Config{Device: nn.CUDA(0), PixelBytes: 1 << 20})
	r := data.Resizing{Width: width, Height: height}
	in := pixels(t, r, photo(width, height), photo(width, height), photo(width, height))
	run := func() {
		if _, err := m.RunPixels(t.Context(), in, colors(data.TF)); err != nil {
			t.Fatal(err)
		}
	}
	run()
	before := fakedriver.Count()
	run()
	got := fakedriver.Count().Sub(before)
	const plan = (width + height) * 16 // a tap, and its weight
	want := fakedriver.Counters{
		Uploads: 1, Uploaded: 3*256*4 + photos*(48+plan+3*width*height),
		Downloads: 1, Downloaded: photos * 3 * width * height * 4,
		Launches: 1, Graphs: 1,
	}
	if got != want {
		t.Errorf("want %+v, got %+v", want, got)
	}
}

// TestPixelsRefused gives a model photos that it can't take. It works afterwards.
func TestPixelsRefused(t *testing.T) {
	const width, height = 8, 8
	m := unchanged(t, width, height, nn.Config{Device: nn.CUDA(0), Batch: 2, PixelBytes: 8 << 10})
	r := data.Resizing{Width: width, Height: height}
	good := pixels(t, r, photo(width, height))
	change := func(f func(p *nn.Pixels)) []nn.Pixels {
		p := pixels(t, r, photo(width, height))
		f(&p[0])
		return p
	}
	for want, photos := range map[string][]nn.Pixels{
		"photos of a batch: want at most 8192 bytes":                     pixels(t, r, photo(60, 60)),
		"want 1 to 2 photos, got 3":                                      slices.Concat(good, good, good),
		"want 1 to 2 photos, got 0":                                      nil,
		"want 3 bytes for each of 9×8 pixels":                            change(func(p *nn.Pixels) { p.Width = 9 }),
		"want 3 bytes for each of 0×8 pixels":                            change(func(p *nn.Pixels) { p.Width = 0 }),
		"want a plan for 8 columns, got 7":                               change(func(p *nn.Pixels) { p.Resize.Across = p.Resize.Across[:7] }),
		"want a plan for 8 rows, got 0":                                  change(func(p *nn.Pixels) { p.Resize.Down = nil }),
		"want a plan that reads 8 rows, got one that reads 8 to 8 for 7": change(func(p *nn.Pixels) { p.Resize.Down[7].First = 8 }),
		"got one that reads -1 to -1 for 0":                              change(func(p *nn.Pixels) { p.Resize.Across[0].First = -1 }),
	} {
		_, err := m.RunPixels(t.Context(), photos, colors(data.TF))
		wantError(t, err, "nn: ", want)
	}
	if _, err := m.RunPixels(t.Context(), good, colors(data.TF)); err != nil {
		t.Error(err)
	}
	without := unchanged(t, width, height, nn.Config{Device: nn.CUDA(0)})
	_, err := without.RunPixels(t.Context(), good, colors(data.TF))
	wantError(t, err, "want a model on a GPU with PixelBytes")
	onCPU := unchanged(t, width, height, nn.Config{})
	_, err = onCPU.RunPixels(t.Context(), good, colors(data.TF))
	wantError(t, err, "want a model on a GPU with PixelBytes", "got one on cpu")
	m.Close()
	_, err = m.RunPixels(t.Context(), good, colors(data.TF))
	wantError(t, err, "nn: model is closed")
}

// TestBackboneTakesBytes compares a photo resized on the device with one resized on the
// CPU, to the bit, for the preprocessing of each kind of network.
func TestBackboneTakesBytes(t *testing.T) {
	for _, name := range []string{"EfficientNetLite0", "DenseNet121", "VGG16"} {
		if testing.Short() && name == "VGG16" {
			continue
		}
		b := open(t, specs[name](), backbones.Config{Interpolate: data.Bilinear})
		p := photo(90, 50)
		input, features := make([]float32, b.InputLen()), make([]float32, b.Features())
		if err := b.Input(input, p); err != nil {
			t.Fatal(err)
		}
		if err := b.Extract(t.Context(), p, features); err != nil {
			t.Fatal(err)
		}
		if want := run(t, b, input); !slices.Equal(want, features) {
			t.Errorf("%s: other bits", name)
		}
		if err := b.Extract(t.Context(), p, features[1:]); err == nil {
			t.Errorf("%s: want an error for too little room", name)
		}
	}
}
