package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

var kerasModes = []Preprocess{TF, Torch, Caffe}

// TestPreprocessMatchesKeras compares, bit for bit, the value of every byte in
// every output channel with keras.applications' preprocess_input.
func TestPreprocessMatchesKeras(t *testing.T) {
	folders := []string{"testdata"}
	if root := golden.Root(t); root != "" {
		folders = append(folders, filepath.Join(root, "images"))
	}
	grey := newRGB(256, 1)
	for i := range grey.Pix {
		grey.Pix[i] = uint8(i / 3)
	}
	for _, folder := range folders {
		for _, mode := range kerasModes {
			file, err := os.ReadFile(filepath.Join(folder, "preprocess", mode.Name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			want := file[len(file)-3*256*4:] // [channel, byte] float32, after the header
			got := make([]float32, len(grey.Pix))
			mode.Apply(got, grey)
			for i, g := range got {
				c, v := i%3, i/3
				if w := binary.LittleEndian.Uint32(want[4*(256*c+v):]); math.Float32bits(g) != w {
					t.Errorf("%s: byte %d, channel %d: got %v, want %v", mode.Name, v, c, g, math.Float32frombits(w))
				}
			}
		}
	}
}

// TestPreprocessPhotoMatchesKeras does the same for a picture with colours, of
// which golden/network tells the construction and the SHA-256 of all results.
func TestPreprocessPhotoMatchesKeras(t *testing.T) {
	photo := smooth("alpha", 96, 64)
	if got, want := digest(photo), "00f319f7fab9c40082e8603116c943e1e6925aa1b37f8d55e6e290991deb2e95"; got != want {
		t.Fatalf("the picture itself has SHA-256 %s, want %s", got, want)
	}
	for i, want := range []string{
		"b81dfa1bad22ebd489b0404479150fe782c4aec09944a4c0268fb3392dc3b809",
		"b9a9be59821a11778ca4b7ce1a441472c152b564c87975ddae612f24a4e26549",
		"e92584a5c41f3f005d6bac1f668c9bb1e1b931ff360a1b7b375fbfe17710d0a4",
	} {
		x := make([]float32, len(photo.Pix))
		kerasModes[i].Apply(x, photo)
		raw, err := binary.Append(nil, binary.LittleEndian, x)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(raw)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s: got SHA-256 %s, want %s", kerasModes[i].Name, got, want)
		}
	}
}

// smooth draws three gradients and eight discs that fade from their centre.
func smooth(seed string, w, h int) *RGB {
	hash := fnv.New64a()
	hash.Write([]byte(seed + "/image/smooth"))
	state := hash.Sum64()
	word := func() int { // SplitMix64, high half
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return int((z ^ z>>31) >> 32)
	}
	p := newRGB(w, h)
	for y := range h {
		for x := range w {
			pix := p.Pix[3*(y*w+x):]
			pix[0], pix[1], pix[2] = uint8(x*255/(w-1)), uint8(y*255/(h-1)), uint8(255-x*128/(w-1)-y*127/(h-1))
		}
	}
	m := min(h, w)
	for range 8 {
		cx, cy, radius := word()%w, word()%h, m/16+word()%(m/4+1)
		colour := [3]int{word() % 256, word() % 256, word() % 256}
		rim := radius*radius + 1
		for y := range h {
			for x := range w {
				d := (x-cx)*(x-cx) + (y-cy)*(y-cy)
				if d >= rim {
					continue
				}
				for c := range 3 {
					v := &p.Pix[3*(y*w+x)+c]
					*v = uint8((colour[c]*(rim-d) + int(*v)*d) / rim)
				}
			}
		}
	}
	return p
}

func TestPreprocessOther(t *testing.T) {
	photo := &RGB{Pix: []uint8{0, 127, 255, 1, 2, 3}, Width: 2, Height: 1}
	for _, tt := range []struct {
		by   Preprocess
		want [6]float32
	}{
		{Preprocess{}, [6]float32{0, 127, 255, 1, 2, 3}},
		{EfficientNetLite, [6]float32{-127. / 128, 0, 1, -126. / 128, -125. / 128, -124. / 128}},
		{Preprocess{BGR: true, Std: [3]float32{1, 2, 4}}, [6]float32{255, 63.5, 0, 3, 1, 0.25}},
	} {
		var got [6]float32
		tt.by.Apply(got[:], photo)
		if got != tt.want {
			t.Errorf("%+v: got %v, want %v", tt.by, got, tt.want)
		}
	}
	short := []float32{7, 7, 7, 7, 7}
	Preprocess{}.Apply(short, photo)
	if want := [5]float32{0, 127, 255, 7, 7}; [5]float32(short) != want {
		t.Errorf("short destination: got %v, want %v", short, want)
	}
}

func BenchmarkApply(b *testing.B) {
	photo := newRGB(331, 331)
	dst := make([]float32, len(photo.Pix))
	b.SetBytes(int64(len(photo.Pix)))
	for b.Loop() {
		Torch.Apply(dst, photo)
	}
}

// TestInput compares the fused pass with resizing and preprocessing one after the
// other.
func TestInput(t *testing.T) {
	photo := smooth("input", 70, 50)
	for by := range TensorFlowBilinear {
		for _, keep := range []bool{false, true} {
			r := Resizing{Width: 31, Height: 40, Interpolation: by, KeepAspect: keep}
			for _, mode := range append(kerasModes, Preprocess{}) {
				want, got := make([]float32, 31*40*3), make([]float32, 31*40*3)
				mode.Apply(want, r.Apply(photo))
				if err := mode.Input(got, photo, r); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, want) {
					t.Errorf("%+v, %s: resizing and preprocessing at once gives other values", r, mode.Name)
				}
			}
		}
	}
	for name, err := range map[string]error{
		"short":         TF.Input(make([]float32, 11), photo, Resizing{Width: 2, Height: 2}),
		"no size":       TF.Input(nil, photo, Resizing{}),
		"empty":         TF.Input(make([]float32, 12), &RGB{}, Resizing{Width: 2, Height: 2}),
		"interpolation": TF.Input(make([]float32, 12), photo, Resizing{Width: 2, Height: 2, Interpolation: 99}),
	} {
		if err == nil {
			t.Errorf("%s: want an error", name)
		}
	}
}

// TestTensorFlowBilinear compares parts of pictures of 331×331 pixels with
// tf.image.resize, to the bit.
func TestTensorFlowBilinear(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		t.Skip("the results of TensorFlow are too large for testdata; package resample tests the rule")
	}
	dir := filepath.Join(root, "images")
	files, err := filepath.Glob(filepath.Join(dir, "tf_resize", "*.npy"))
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, file := range files {
		var width, height, size, row, column int
		var place string
		name := strings.NewReplacer("_", " ", ".npy", "").Replace(filepath.Base(file))
		if n, _ := fmt.Sscanf(name, "%dx%d to %d %s r%d c%d", &width, &height, &size, &place, &row, &column); n != 6 {
			continue // with antialias
		}
		photo, err := ReadImage(os.DirFS(dir), fmt.Sprintf("images/png_rgb_%dx%d.png", width, height))
		if err != nil {
			t.Fatal(err)
		}
		all := make([]float32, size*size*3)
		if err := (Preprocess{}).Input(all, photo, Resizing{Width: size, Height: size, Interpolation: TensorFlowBilinear}); err != nil {
			t.Fatal(err)
		}
		want, shape, err := golden.ReadArray(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want {
			y, x := row+i/3/shape[1], column+i/3%shape[1]
			if got := all[3*(y*size+x)+i%3]; float64(got) != w {
				t.Fatalf("%s: at %d, %d: got %v, want %v", name, x, y, got, w)
			}
		}
		cases++
	}
	if cases == 0 {
		t.Error("no case compared")
	}
}

func BenchmarkInput(b *testing.B) {
	photo := smooth("bench", 500, 375)
	dst := make([]float32, 224*224*3)
	for by := range TensorFlowBilinear + 1 {
		b.Run(by.String(), func(b *testing.B) {
			for b.Loop() {
				if err := TF.Input(dst, photo, Resizing{Width: 224, Height: 224, Interpolation: by}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
