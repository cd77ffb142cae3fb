package jpeg

// Config is what is known of a picture without decoding it.
type Config struct {
	Width, Height int // pixels
	Progressive   bool
	Components    []Component
	// Color is what the components are.
	Color ColorModel
	// Exif is the Exif data, a TIFF file, nil if there are none. Its orientation
	// is not applied.
	Exif []byte
}

// Component describes one of the 1, 3 or 4 planes of a file.
type Component struct {
	ID   byte
	H, V int // sampling factors, 1 to 4
}

// ColorModel says what the components of a file are.
type ColorModel int

// The colour models. Gray has one component, YCbCr and RGB have three, CMYK and
// YCCK four.
const (
	Gray ColorModel = iota
	YCbCr
	RGB
	CMYK
	YCCK
)

func (c ColorModel) String() string {
	return [...]string{"Gray", "YCbCr", "RGB", "CMYK", "YCCK"}[c]
}

func (d *decoder) config() Config {
	c := Config{
		Width:       d.frame.width,
		Height:      d.frame.height,
		Progressive: d.frame.progressive,
		Color:       d.color,
		Exif:        d.app.exif,
	}
	for _, p := range d.frame.components {
		c.Components = append(c.Components, Component{ID: p.id, H: p.h, V: p.v})
	}
	return c
}
