package data

import (
	"math"
	"math/rand/v2"
)

// Augmentation changes photos at random, so that few of them train as if they
// were more. Fields have the names of Keras's layers and take their factor; 0 is
// no change, and values outside the range given count as its nearest end. A draw
// is even over its range. The zero value changes nothing.
//
// A photo is cropped, mirrored, zoomed and rotated in one step, by bilinear
// interpolation, and what lies outside is its mirror image. Then brightness,
// contrast and saturation are changed, each cut off at 0 and 255. The result has
// the size of the photo, or of the crop.
type Augmentation struct {
	RandomFlip bool // mirror half of the photos, left to right
	// RandomCrop keeps a window of this much less than each side, 0 to 0.99, at a
	// random place. Keras wants the window in pixels, for photos of one size.
	RandomCrop float64
	// RandomZoom draws from −f to f, 0 to 0.99: 0.2 shows 20 % more of each side
	// than there is, −0.2 shows 20 % less.
	RandomZoom       float64
	RandomRotation   float64 // from −f to f turns, 0 to 1
	RandomBrightness float64 // adds from −f·255 to f·255, 0 to 1
	RandomContrast   float64 // multiplies differences from the mean of each channel by 1−f to 1+f, 0 to 1
	// RandomSaturation draws s from 0.5−f to 0.5+f, 0 to 0.49, and multiplies the
	// saturation by s/(1−s), to 1 at most.
	RandomSaturation float64
}

// Apply returns a changed copy of a photo. The same photo and seed give the same
// bytes.
func (a Augmentation) Apply(photo *RGB, seed uint64) *RGB {
	if photo.Width < 1 || photo.Height < 1 {
		return &RGB{}
	}
	d := a.draw(seed)
	p := d.move(photo)
	d.recolour(p)
	return p
}

// A draw is what was drawn for one photo.
type draw struct {
	flip         bool
	crop         float64 // of each side
	left, top    float64 // 0 to 1: where in the space that is left
	zoom         float64 // 1 + Keras's factor
	turn         float64
	brightness   float64 // to be added
	contrast     float64
	saturation   float64
	recolouring  bool
	interpolates bool
}

// draw takes as many random numbers whatever is asked for, so that one field does
// not change what another draws.
func (a Augmentation) draw(seed uint64) draw {
	rng := rand.New(rand.NewPCG(seed, 0))
	between := func(limit, top float64) float64 {
		f := max(0, min(limit, top))
		return (2*rng.Float64() - 1) * f
	}
	d := draw{
		flip: rng.Float64() < 0.5 && a.RandomFlip,
		crop: max(0, min(a.RandomCrop, 0.99)),
		left: rng.Float64(), top: rng.Float64(),
		zoom: 1 + between(a.RandomZoom, 0.99),
		turn: between(a.RandomRotation, 1),
	}
	d.brightness = between(a.RandomBrightness, 1) * 255
	d.contrast = 1 + between(a.RandomContrast, 1)
	s := 0.5 + between(a.RandomSaturation, 0.49)
	d.saturation = s / (1 - s)
	d.interpolates = d.zoom != 1 || d.turn != 0
	d.recolouring = d.brightness != 0 || d.contrast != 1 || d.saturation != 1
	return d
}

// move crops, mirrors, zooms and rotates.
func (d draw) move(photo *RGB) *RGB {
	w := max(1, int(math.Round(float64(photo.Width)*(1-d.crop))))
	h := max(1, int(math.Round(float64(photo.Height)*(1-d.crop))))
	left := int(d.left * float64(photo.Width-w+1))
	top := int(d.top * float64(photo.Height-h+1))
	p := newRGB(w, h)
	if !d.interpolates {
		for y := range h {
			from := photo.Pix[3*((top+y)*photo.Width+left):]
			to := p.Pix[3*y*w : 3*(y+1)*w]
			copy(to, from)
			if d.flip {
				mirror(to)
			}
		}
		return p
	}
	// A pixel of the result is where zooming and turning about the centre of the
	// window put it in the photo.
	sin, cos := math.Sincos(2 * math.Pi * d.turn)
	middleX, middleY := float64(w-1)/2, float64(h-1)/2
	for y := range h {
		for x := range w {
			dx, dy := (float64(x)-middleX)*d.zoom, (float64(y)-middleY)*d.zoom
			u := cos*dx - sin*dy
			v := sin*dx + cos*dy
			if d.flip {
				u = -u
			}
			photo.sample(p.Pix[3*(y*w+x):], u+middleX+float64(left), v+middleY+float64(top))
		}
	}
	return p
}

// sample writes the colour at a place between pixels.
func (p *RGB) sample(dst []uint8, x, y float64) {
	x, y = reflect(x, p.Width), reflect(y, p.Height)
	left, top := int(x), int(y)
	right, bottom := min(left+1, p.Width-1), min(top+1, p.Height-1)
	fx, fy := x-float64(left), y-float64(top)
	for c := range 3 {
		at := func(x, y int) float64 { return float64(p.Pix[3*(y*p.Width+x)+c]) }
		upper := at(left, top)*(1-fx) + at(right, top)*fx
		lower := at(left, bottom)*(1-fx) + at(right, bottom)*fx
		dst[c] = toByte(upper*(1-fy) + lower*fy)
	}
}

// reflect brings a place into 0..n−1, mirrored at the outer edges of the pixels:
// d c b a | a b c d | d c b a.
func reflect(x float64, n int) float64 {
	period := 2 * float64(n)
	x = math.Mod(x+0.5, period)
	if x < 0 {
		x += period
	}
	if x > float64(n) {
		x = period - x
	}
	return max(0, min(x-0.5, float64(n-1)))
}

// recolour changes a photo in place.
func (d draw) recolour(p *RGB) {
	if !d.recolouring {
		return
	}
	var mean [3]float64
	for i, v := range p.Pix {
		mean[i%3] += cut(float64(v) + d.brightness)
	}
	for c := range mean {
		mean[c] /= float64(p.Width * p.Height)
	}
	for i := 0; i+2 < len(p.Pix); i += 3 {
		var v [3]float64
		for c := range v {
			bright := cut(float64(p.Pix[i+c]) + d.brightness)
			v[c] = cut((bright-mean[c])*d.contrast + mean[c])
		}
		top, bottom := max(v[0], v[1], v[2]), min(v[0], v[1], v[2])
		// Saturation is (top − bottom)/top; hue and top stay.
		factor := d.saturation
		if top > bottom {
			factor = min(factor, top/(top-bottom))
		}
		for c := range v {
			p.Pix[i+c] = toByte(top - (top-v[c])*factor)
		}
	}
}

func cut(v float64) float64 { return max(0, min(v, 255)) }

func toByte(v float64) uint8 { return uint8(cut(v) + 0.5) }

// FlipHorizontal returns a copy that is mirrored, left to right.
func (p *RGB) FlipHorizontal() *RGB {
	q := newRGB(p.Width, p.Height)
	copy(q.Pix, p.Pix)
	for y := range q.Height {
		mirror(q.Pix[3*y*q.Width : 3*(y+1)*q.Width])
	}
	return q
}

func mirror(row []uint8) {
	for i, j := 0, len(row)-3; i < j; i, j = i+3, j-3 {
		for c := range 3 {
			row[i+c], row[j+c] = row[j+c], row[i+c]
		}
	}
}
