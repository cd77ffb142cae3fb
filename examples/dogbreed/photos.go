package main

import (
	"context"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/examples/dogbreed/kennel"
)

// openPhotos opens the photos of -data, or draws the kennel into -out.
func openPhotos(o options) (photos *data.Set, source string, err error) {
	folder, source := o.data, o.data
	if folder == "" {
		folder = filepath.Join(o.out, "kennel")
		source = "the kennel, drawn into " + folder
		breeds := len(kennel.Breeds())
		perBreed := (o.limit + breeds - 1) / breeds // 0 without -limit: the usual number
		if err := kennel.Write(folder, kennel.Options{Photos: perBreed}); err != nil {
			return nil, "", err
		}
		if err := drawKennel(filepath.Join(o.out, "kennel.jpg")); err != nil {
			return nil, "", err
		}
	}
	photos, err = data.OpenCSV(os.DirFS(folder), "labels.csv", "train")
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", folder, err)
	}
	if o.limit > 0 {
		photos = photos.Limit(o.limit)
	}
	return photos, source, nil
}

// drawKennel writes a picture of two photos of each breed.
func drawKennel(file string) error {
	sheet, err := kennel.ContactSheet(kennel.Options{Photos: 2}, 6)
	if err != nil {
		return err
	}
	return writeFile(file, func(w io.Writer) error { return jpeg.Encode(w, sheet, &jpeg.Options{Quality: 80}) })
}

// writable makes the folder and tries to write into it.
func writable(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("-out: %w", err)
	}
	f, err := os.CreateTemp(folder, ".probe-*")
	if err != nil {
		return fmt.Errorf("-out: %w", err)
	}
	f.Close()
	return os.Remove(f.Name())
}

// thumbnail is the side, in pixels, of the photos that the baseline sees.
const thumbnail = 16

// pixelBaseline trains the same head on thumbnails instead of features and
// returns its accuracy on the held-out photos: what the stack is worth.
func pixelBaseline(ctx context.Context, o options, photos *data.Set) (accuracy float64, err error) {
	f := &data.Features{Width: thumbnail * thumbnail * 3, Classes: photos.Classes}
	for _, p := range photos.Photos {
		photo, err := data.ReadImage(photos.FS, p.File)
		if err != nil {
			return 0, err
		}
		row := make([]float32, f.Width)
		data.TF.Apply(row, photo.Resize(thumbnail, thumbnail, data.Nearest))
		f.X = append(f.X, row...)
		f.Labels = append(f.Labels, p.Class)
	}
	fit, held, err := f.Split(heldOut)
	if err != nil {
		return 0, err
	}
	h, _, err := trainHead(ctx, o, fit, held, "")
	if err != nil {
		return 0, err
	}
	result, err := h.Evaluate(ctx, held)
	return result.Accuracy, err
}
