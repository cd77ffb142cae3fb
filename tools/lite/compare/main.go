// Compare measures how far cairn's features of the lite networks are from the
// reference, and where the difference comes from: float32 arithmetic, the
// rounding of the embedded weights, or the JPEG decoder.
//
//	python pixels.py GOLDEN/features-lite PHOTOS PIXELS
//	go run ./tools/lite/compare -golden GOLDEN/features-lite -photos PHOTOS -pixels PIXELS -weights FOLDERS
//
// FOLDERS is what "convert.py folders" wrote.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image/jpeg"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/npy"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
	"github.com/cairnml/cairn/weights/efficientnetlite1"
)

var folders struct{ golden, photos, pixels, weights string }

func main() {
	flag.StringVar(&folders.golden, "golden", "", "`folder` of features-lite")
	flag.StringVar(&folders.photos, "photos", "", "`folder` of its JPEG files")
	flag.StringVar(&folders.pixels, "pixels", "", "`folder` that pixels.py wrote")
	flag.StringVar(&folders.weights, "weights", "", "`folder` that convert.py wrote")
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	embedded := []func() (*weights.Store, error){efficientnetlite0.Weights, efficientnetlite1.Weights}
	for net, spec := range []backbones.Spec{backbones.EfficientNetLite0(), backbones.EfficientNetLite1(), backbones.EfficientNetLite2()} {
		exact, err := weights.Dir(os.DirFS(filepath.Join(folders.weights, spec.Name)))
		if err != nil {
			return err
		}
		if err := measure(ctx, net, spec, "float32 weights", exact); err != nil {
			return err
		}
		if net >= len(embedded) {
			continue
		}
		rounded, err := embedded[net]()
		if err != nil {
			return err
		}
		if err := measure(ctx, net, spec, "embedded weights", rounded); err != nil {
			return err
		}
	}
	return nil
}

// measure compares one network on Pillow's pixels, cairn's and the standard
// decoder's.
func measure(ctx context.Context, net int, spec backbones.Spec, what string, params nn.Params) error {
	b, err := backbones.New(spec, params, backbones.Config{})
	if err != nil {
		return err
	}
	want, err := reference(net, b.Features())
	if err != nil {
		return err
	}
	pillow, err := pillowPhotos(spec.InputSize)
	if err != nil {
		return err
	}
	own, err := photos(func(name string) (*data.RGB, error) { return data.ReadImage(os.DirFS(folders.photos), name) })
	if err != nil {
		return err
	}
	standard, err := photos(decodeStandard)
	if err != nil {
		return err
	}
	for _, source := range []struct {
		name   string
		photos []*data.RGB
	}{{"Pillow's pixels", pillow}, {"cairn's", own}, {"standard decoder's", standard}} {
		got := make([]float32, len(source.photos)*b.Features())
		for i, photo := range source.photos {
			if err := b.Extract(ctx, photo, got[i*b.Features():(i+1)*b.Features()]); err != nil {
				return err
			}
		}
		diff, err := golden.Compare(got, want)
		if err != nil {
			return err
		}
		fmt.Printf("%s, %s, %s: %d photos, %v\n", spec.Name, what, source.name, len(source.photos), diff)
	}
	return nil
}

// reference returns the columns of one network.
func reference(net, features int) ([]float64, error) {
	all, shape, err := golden.ReadArray(filepath.Join(folders.golden, "features.npy"))
	if err != nil {
		return nil, err
	}
	var own []float64
	for row := range shape[0] {
		own = append(own, all[row*shape[1]+net*features:][:features]...)
	}
	return own, nil
}

func pillowPhotos(size int) ([]*data.RGB, error) {
	f, err := os.Open(filepath.Join(folders.pixels, fmt.Sprintf("%d.npy", size)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	a, err := npy.Read(f)
	if err != nil {
		return nil, err
	}
	var photos []*data.RGB
	for n := size * size * 3; len(a.Uint8) > 0; a.Uint8 = a.Uint8[n:] {
		photos = append(photos, &data.RGB{Pix: a.Uint8[:n], Width: size, Height: size})
	}
	return photos, nil
}

// photos reads those of images.json.
func photos(decode func(name string) (*data.RGB, error)) ([]*data.RGB, error) {
	raw, err := os.ReadFile(filepath.Join(folders.golden, "images.json"))
	if err != nil {
		return nil, err
	}
	var list struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	var photos []*data.RGB
	for _, item := range list.Items {
		photo, err := decode(item.ID + ".jpg")
		if err != nil {
			return nil, err
		}
		photos = append(photos, photo)
	}
	return photos, nil
}

func decodeStandard(name string) (*data.RGB, error) {
	f, err := os.Open(filepath.Join(folders.photos, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		return nil, err
	}
	return data.FromImage(img), nil
}
