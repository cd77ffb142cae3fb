// Features measures what the JPEG decoder does to features: how far those of
// EfficientNet-Lite0 from pixels of the standard library's decoder are from those
// of cairn's, as |a − b|/|b| over the 1,280 features of a photo.
//
//	go run ./tools/pixels/features -n 200 PHOTOS
package main

import (
	"context"
	"flag"
	"fmt"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

func main() {
	n := flag.Int("n", 200, "photos to take, the first by name")
	flag.Parse()
	if err := run(context.Background(), flag.Arg(0), *n); err != nil {
		fmt.Fprintln(os.Stderr, "features:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder string, n int) error {
	params, err := efficientnetlite0.Weights()
	if err != nil {
		return err
	}
	b, err := backbones.New(backbones.EfficientNetLite0(), params, backbones.Config{})
	if err != nil {
		return err
	}
	defer b.Close()
	files, err := filepath.Glob(filepath.Join(folder, "*.jpg"))
	if err != nil {
		return err
	}
	var distances []float64
	for _, file := range files[:min(n, len(files))] {
		own, err := data.ReadImage(os.DirFS(folder), filepath.Base(file))
		if err != nil {
			return err
		}
		other, err := standard(file)
		if err != nil {
			return err
		}
		x, y := make([]float32, b.Features()), make([]float32, b.Features())
		if err := b.Extract(ctx, own, x); err != nil {
			return err
		}
		if err := b.Extract(ctx, other, y); err != nil {
			return err
		}
		distances = append(distances, distance(x, y))
	}
	if len(distances) == 0 {
		return fmt.Errorf("%s: no photos", folder)
	}
	slices.Sort(distances)
	fmt.Printf("%d photos: relative L2 distance of features: median %.4f, worst %.4f\n",
		len(distances), distances[len(distances)/2], distances[len(distances)-1])
	return nil
}

// standard decodes by the standard library.
func standard(file string) (*data.RGB, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return data.FromImage(img), nil
}

func distance(want, got []float32) float64 {
	var difference, size float64
	for i, w := range want {
		d := float64(got[i]) - float64(w)
		difference += d * d
		size += float64(w) * float64(w)
	}
	return math.Sqrt(difference / size)
}
