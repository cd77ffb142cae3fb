package data

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// augmentTolerance is half a unit, since photos are bytes, and what float32
// makes of the places that Keras looks at.
const augmentTolerance = 0.5 + 0.02

// TestAugmentationMatchesKeras compares each change with what Keras's layer makes
// of the same picture for the same factor (tools/pixels/augment.py).
func TestAugmentationMatchesKeras(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "augment.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Height, Width int
		Cases         []struct {
			Layer  string
			Factor float64
			Pixels []float64
		}
	}
	if err := json.Unmarshal(raw, &golden); err != nil {
		t.Fatal(err)
	}
	photo := newRGB(golden.Width, golden.Height)
	for y := range golden.Height {
		for x := range golden.Width {
			copy(photo.Pix[3*(y*golden.Width+x):], []uint8{uint8(20*x + y), uint8(25*y + 7*x%11), uint8(x*y*3 + 40)})
		}
	}
	for _, c := range golden.Cases {
		d := draw{zoom: 1, contrast: 1, saturation: 1, interpolates: true, recolouring: true}
		switch c.Layer {
		case "RandomBrightness":
			d.brightness = 255 * c.Factor
		case "RandomZoom":
			d.zoom = 1 + c.Factor
		case "RandomRotation":
			d.turn = c.Factor
		case "RandomContrast":
			d.contrast = 1 + c.Factor
		case "RandomSaturation":
			d.saturation = (0.5 + c.Factor) / (0.5 - c.Factor)
		default:
			t.Fatalf("unknown layer %s", c.Layer)
		}
		got := d.move(photo)
		d.recolour(got)
		worst := 0.0
		for i, want := range c.Pixels {
			worst = max(worst, math.Abs(float64(got.Pix[i])-want))
		}
		t.Logf("%s %v: worst difference %.3f", c.Layer, c.Factor, worst)
		if len(got.Pix) != len(c.Pixels) || worst > augmentTolerance {
			t.Errorf("%s %v: %d values differ by up to %.3f, want %d and at most %.3f", c.Layer, c.Factor, len(got.Pix), worst, len(c.Pixels), augmentTolerance)
		}
	}
}

func TestAugmentationIsReproducible(t *testing.T) {
	photo := smooth("augment", 60, 40)
	before := bytes.Clone(photo.Pix)
	a := Augmentation{RandomFlip: true, RandomCrop: 0.25, RandomZoom: 0.2, RandomRotation: 0.05, RandomBrightness: 0.2, RandomContrast: 0.3, RandomSaturation: 0.2}
	seen := make(map[string]bool)
	for seed := range uint64(20) {
		p := a.Apply(photo, seed)
		if p.Width != 45 || p.Height != 30 {
			t.Fatalf("got %d×%d pixels, want 45×30", p.Width, p.Height)
		}
		if !bytes.Equal(p.Pix, a.Apply(photo, seed).Pix) {
			t.Error("the same seed gives other pixels")
		}
		seen[digest(p)] = true
	}
	if len(seen) != 20 {
		t.Errorf("20 seeds give %d pictures", len(seen))
	}
	if !bytes.Equal(before, photo.Pix) {
		t.Error("the photo itself was changed")
	}
	if p := (Augmentation{}).Apply(photo, 3); !bytes.Equal(p.Pix, photo.Pix) {
		t.Error("the zero value changes the photo")
	}
	if p := (Augmentation{RandomCrop: 7, RandomZoom: -1}).Apply(photo, 3); p.Width != 1 || p.Height != 1 {
		t.Errorf("a crop beyond all: got %d×%d, want 1×1", p.Width, p.Height)
	}
	if p := a.Apply(&RGB{}, 1); len(p.Pix) != 0 {
		t.Error("want an empty photo of an empty one")
	}
}

func TestRandomFlipIsHalf(t *testing.T) {
	photo := smooth("flip", 9, 5)
	mirrored := photo.FlipHorizontal()
	if bytes.Equal(mirrored.Pix, photo.Pix) || !bytes.Equal(mirrored.FlipHorizontal().Pix, photo.Pix) || mirrored.At(0, 2) != photo.At(8, 2) {
		t.Error("mirroring is wrong")
	}
	flipped := 0
	for seed := range uint64(1000) {
		switch p := (Augmentation{RandomFlip: true}).Apply(photo, seed); {
		case bytes.Equal(p.Pix, mirrored.Pix):
			flipped++
		case !bytes.Equal(p.Pix, photo.Pix):
			t.Fatal("neither the photo nor its mirror image")
		}
	}
	// Four standard deviations of 1,000 coins are 63.
	if flipped < 437 || flipped > 563 {
		t.Errorf("%d of 1000 are mirrored", flipped)
	}
}
