package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/data"
)

func newPixels() *cobra.Command {
	var p pixels
	c := &cobra.Command{
		Use:   "pixels FILE...",
		Short: "Print what photos are and the hash of their pixels",
		Long: `Prints, for each photo, its format, mode, chroma sampling and size, and the
SHA-256 of its RGB bytes, decoded and resized, so that they can be compared with
those of Pillow and Keras.

This prints the same two hashes in Python, with Pillow 13:

  python -c "import sys, hashlib
  from PIL import Image
  im = Image.open(sys.argv[1]).convert('RGB')
  for i in im, im.resize((224, 224), Image.NEAREST):
      print(i.size, hashlib.sha256(i.tobytes()).hexdigest())" photo.jpg`,
		Example: `  cairn pixels photo.jpg
  cairn pixels --size 331 --interpolation bilinear --keep-aspect photos/*.jpg
  cairn pixels --orient --json photo.jpg`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			return p.run(c.OutOrStdout(), files)
		},
	}
	f := c.Flags()
	f.IntVar(&p.resizing.Height, "size", 224, "height and width to resize to, in `pixels`; 0 resizes nothing")
	f.IntVar(&p.resizing.Width, "width", 0, "width in `pixels`, if it is another")
	f.StringVar(&p.interpolation, "interpolation", data.Nearest.String(), "nearest, bilinear, bicubic, lanczos, box, hamming or tensorflow-bilinear (rounded)")
	f.BoolVar(&p.resizing.KeepAspect, "keep-aspect", false, "crop to the new aspect ratio instead of stretching")
	f.BoolVar(&p.decoder.Orient, "orient", false, "turn photos upright as their Exif data say, as ImageOps.exif_transpose does")
	f.BoolVar(&p.decoder.AllowTruncated, "allow-truncated", false, "keep what can be decoded of damaged files")
	f.IntVar(&p.decoder.MaxPixels, "max-pixels", 0, "refuse larger photos; 0 = 178956970, Pillow's limit")
	f.BoolVar(&p.json, "json", false, "a JSON object a line instead of a table")
	return c
}

// pixels is the flags of cairn pixels.
type pixels struct {
	decoder       data.Decoder
	resizing      data.Resizing
	interpolation string
	json          bool
}

// pixelsRow is a line of cairn pixels --json.
type pixelsRow struct {
	File        string         `json:"file"`
	Error       string         `json:"error,omitempty"`
	Format      string         `json:"format,omitempty"`
	Mode        string         `json:"mode,omitempty"`
	Sampling    string         `json:"sampling,omitempty"`
	Progressive bool           `json:"progressive,omitempty"`
	Orientation int            `json:"orientation,omitempty"`
	Width       int            `json:"width,omitempty"`
	Height      int            `json:"height,omitempty"`
	SHA256      string         `json:"sha256,omitempty"`
	Resized     *resizedPixels `json:"resized,omitempty"`
}

type resizedPixels struct {
	Width         int    `json:"width"`
	Height        int    `json:"height"`
	Interpolation string `json:"interpolation"`
	KeepAspect    bool   `json:"keep_aspect"`
	SHA256        string `json:"sha256"`
}

func (p *pixels) run(out io.Writer, files []string) error {
	var err error
	if p.resizing.Interpolation, err = data.ParseInterpolation(p.interpolation); err != nil {
		return fmt.Errorf("--interpolation: %w", err)
	}
	if p.resizing.Width == 0 {
		p.resizing.Width = p.resizing.Height
	}
	if p.resizing.Height < 0 || p.resizing.Width < 0 || (p.resizing.Height == 0) != (p.resizing.Width == 0) {
		return fmt.Errorf("--size, --width: want both 1 or above, or both 0, got %d, %d", p.resizing.Height, p.resizing.Width)
	}
	bad := 0
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	for _, file := range files {
		row, err := p.read(file)
		if err != nil {
			bad++
			row.Error = err.Error()
		}
		if !p.json {
			writePixels(table, row)
		} else if err := json.NewEncoder(out).Encode(row); err != nil {
			return err
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d photos can't be decoded", bad, len(files))
	}
	return nil
}

// read decodes one photo. What the header says is there even if that fails.
func (p *pixels) read(file string) (pixelsRow, error) {
	row := pixelsRow{File: file}
	fsys, name := os.DirFS(filepath.Dir(file)), filepath.Base(file)
	info, headerErr := data.ReadInfo(fsys, name)
	if headerErr == nil {
		row.Format, row.Mode, row.Sampling, row.Progressive = info.Format, info.Mode, info.Sampling, info.Progressive
		row.Orientation, row.Width, row.Height = info.Orientation, info.Width, info.Height
	}
	photo, err := p.decoder.ReadImage(fsys, name)
	if err != nil {
		return row, err
	}
	row.Width, row.Height, row.SHA256 = photo.Width, photo.Height, hash(photo)
	if p.resizing.Height > 0 {
		resized := p.resizing.Apply(photo)
		if resized.Width == 0 {
			return row, errors.New("nothing to resize")
		}
		row.Resized = &resizedPixels{resized.Width, resized.Height, p.interpolation, p.resizing.KeepAspect, hash(resized)}
	}
	return row, nil
}

func hash(photo *data.RGB) string {
	sum := sha256.Sum256(photo.Pix)
	return hex.EncodeToString(sum[:])
}

// writePixels prints a line for the photo and one for what it was resized to.
func writePixels(w io.Writer, row pixelsRow) {
	kind := strings.Join(strings.Fields(row.Format+" "+row.Mode+" "+row.Sampling), " ")
	if row.Progressive {
		kind += " progressive"
	}
	if row.Orientation > 1 {
		kind += fmt.Sprintf(" orientation %d", row.Orientation)
	}
	if row.Error != "" {
		fmt.Fprintf(w, "%s\t%s\t\t%s\n", row.File, kind, row.Error)
		return
	}
	fmt.Fprintf(w, "%s\t%s\t%d×%d\t%s\n", row.File, kind, row.Width, row.Height, row.SHA256)
	if r := row.Resized; r != nil {
		how := r.Interpolation
		if r.KeepAspect {
			how += ", aspect kept"
		}
		fmt.Fprintf(w, "\t%s\t%d×%d\t%s\n", how, r.Width, r.Height, r.SHA256)
	}
}
