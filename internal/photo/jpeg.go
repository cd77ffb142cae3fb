package photo

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/cairnml/cairn/internal/jpeg"
)

type jpegFile struct {
	header Info
	file   []byte
}

func openJPEG(data []byte) (file, error) {
	c, err := jpeg.DecodeConfig(data)
	if err != nil {
		return nil, jpegError(err)
	}
	return &jpegFile{Info{
		Format: "JPEG", Mode: jpegMode(c.Color), Sampling: jpegSampling(c.Components), Progressive: c.Progressive,
		Width: c.Width, Height: c.Height, Orientation: jpegOrientation(data),
	}, data}, nil
}

func (f *jpegFile) info() Info { return f.header }

func (f *jpegFile) decode(o Options) (*Picture, error) {
	const large = 1 << 19 // pixels, from which on a second goroutine pays
	img, err := jpeg.Decode(f.file, jpeg.Options{
		MaxPixels: o.MaxPixels, AllowTruncated: o.AllowTruncated,
		Concurrent: f.header.Width*f.header.Height >= large && runtime.GOMAXPROCS(0) > 1,
	})
	if err != nil {
		return nil, jpegError(err)
	}
	return &Picture{img.Pix, img.Width, img.Height}, nil
}

// jpegError drops the name of the package, which the name of the format repeats.
func jpegError(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

func jpegMode(c jpeg.ColorModel) string {
	switch c {
	case jpeg.Gray:
		return "L"
	case jpeg.CMYK, jpeg.YCCK:
		return "CMYK"
	}
	return "RGB"
}

// jpegSampling is the usual name of the factors of three components, or else all
// of them.
func jpegSampling(c []jpeg.Component) string {
	if len(c) < 3 {
		return ""
	}
	if first, second := c[1], c[2]; len(c) == 3 && first.H == second.H && first.V == second.V && c[0].H%first.H == 0 && c[0].V%first.V == 0 {
		switch [2]int{c[0].H / first.H, c[0].V / first.V} {
		case [2]int{1, 1}:
			return "4:4:4"
		case [2]int{1, 2}:
			return "4:4:0"
		case [2]int{2, 1}:
			return "4:2:2"
		case [2]int{2, 2}:
			return "4:2:0"
		case [2]int{4, 1}:
			return "4:1:1"
		case [2]int{4, 2}:
			return "4:1:0"
		}
	}
	s := ""
	for i, k := range c {
		if i > 0 {
			s += " "
		}
		s += fmt.Sprintf("%dx%d", k.H, k.V)
	}
	return s
}
