package kennel

import (
	"image"
	"math"
)

// shadow darkens the ground where the dog keeps the light away.
func (s *shot) shadow(pixels []rgb, bones []bone) {
	const cell = 6
	// Two axes of the ground in the picture, inverted to walk from pixels to the ground.
	ax, az := s.camera.apply(vec{1, 0, 0}).mul(s.size), s.camera.apply(vec{0, 0, 1}).mul(s.size)
	det := -s.mirror * (ax.x*az.y - az.x*ax.y)
	if math.Abs(det) < 1e-6 {
		return
	}
	to := vec{s.mirror * s.lamp.to.x, s.lamp.to.y, s.lamp.to.z}
	to = vec{to.dot(s.column(0)), to.dot(s.column(1)), to.dot(s.column(2))}
	to.y = max(to.y, 0.35)
	fall := func(v vec, share float64) point {
		return point{v.x - share*to.x*v.y/to.y, v.z - share*to.z*v.y/to.y}
	}
	w, h := s.width/cell+2, s.height/cell+2
	dark := make([]float64, w*h)
	for j := range h {
		for i := range w {
			if _, v := s.sceneAt(float64(i*cell), float64(j*cell)); v < -0.05 {
				continue
			}
			px, py := float64(i*cell)-s.x, float64(j*cell)-s.y
			g := point{(-az.y*px - s.mirror*az.x*py) / det, (s.mirror*ax.x*py + ax.y*px) / det}
			cast, near := 0.0, 0.0
			for _, o := range bones {
				if o.sheet != nil || o.blend == 0 {
					continue
				}
				t, d := toSegment(g, fall(o.a, 1), fall(o.b, 1))
				high := mix(o.a.y, o.b.y, t)
				cast = max(cast, step(0.05+0.12*high, -0.03-0.08*high, d-mix(o.ra, o.rb, t)))
				t, d = toSegment(g, fall(o.a, 0), fall(o.b, 0))
				high = max(mix(o.a.y-o.ra, o.b.y-o.rb, t), 0)
				near = max(near, step(0.10+0.3*high, -0.08, d-mix(o.ra, o.rb, t))/(1+4*high))
			}
			dark[j*w+i] = 1 - (1-0.42*cast)*(1-0.45*near)
		}
	}
	for y := range s.height {
		for x := range s.width {
			if _, v := s.sceneAt(float64(x), float64(y)); v <= 0 {
				continue
			}
			i, j := x/cell, y/cell
			fx, fy := float64(x%cell)/cell, float64(y%cell)/cell
			k := mix(mix(dark[j*w+i], dark[j*w+i+1], fx), mix(dark[(j+1)*w+i], dark[(j+1)*w+i+1], fx), fy)
			p := &pixels[y*s.width+x]
			*p = p.mul(1 - k)
		}
	}
}

func (s *shot) column(i int) vec {
	e := [3]vec{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}[i]
	return s.camera.apply(e)
}

// compose puts the dog before the backdrop, its feet into the grass.
func (s *shot) compose(pixels []rgb, f *figure, c *coat) {
	feet := s.y - 0.08*s.size
	for y := f.top; y < f.bottom; y++ {
		for x := range s.width {
			color, cover := f.pixel(x, y, c, s.lamp)
			if cover == 0 {
				continue
			}
			p := &pixels[y*s.width+x]
			out := p.mix(color, cover)
			if s.scene.cover != nil && float64(y) > feet {
				u, v := s.sceneAt(float64(x), float64(y))
				top := s.y + s.size*(0.02-0.09*s.scene.cover(u, v))
				out = out.mix(*p, step(-1, 1, float64(y)-top))
			}
			*p = out
		}
	}
}

// blur averages over squares of 2r+1 pixels, twice, down to the given row.
func blur(pixels []rgb, width, height, r, rows int) {
	rows = min(max(rows, 0), height)
	line := make([]rgb, max(width, height))
	pass := func(start, stride, n int) {
		for i := range n {
			line[i] = pixels[start+i*stride]
		}
		var sum rgb // of the pixels i−r to i+r, as far as there are any
		count := 0.0
		for i := -r; i < n; i++ {
			if i+r < n {
				sum, count = sum.add(line[i+r]), count+1
			}
			if i > r {
				sum, count = sum.add(line[i-r-1].mul(-1)), count-1
			}
			if i >= 0 {
				pixels[start+i*stride] = sum.mul(1 / count)
			}
		}
	}
	if r == 0 || rows == 0 {
		return
	}
	for range 2 {
		for y := range rows {
			pass(y*width, 1, width)
		}
		for x := range width {
			pass(x, width, rows)
		}
	}
}

// develop is the camera: exposure, contrast, vignette, a little blur and noise.
func (s *shot) develop(pixels []rgb, d dice) *image.RGBA {
	if d.chance(0.3) {
		blur(pixels, s.width, s.height, 1, s.height)
	}
	gain, contrast := d.between(0.84, 1.20), d.between(0.84, 1.12)
	cast := d.between(-0.05, 0.05)
	tint := rgb{1 + cast, 1, 1 - cast}.mul(gain)
	corner, grain := d.between(0, 0.25), d.between(0.003, 0.016)
	seed := d.Uint32()
	img := image.NewRGBA(image.Rect(0, 0, s.width, s.height))
	for y := range s.height {
		for x := range s.width {
			dx, dy := float64(x)/float64(s.width)-0.5, float64(y)/float64(s.height)-0.5
			c := soft(pixels, s.width, s.height, x, y).tint(tint).mul(1 - corner*2*(dx*dx+dy*dy))
			n := hash(int32(x), int32(y), seed)
			speck := grain * (float64(n&255) + float64(n>>8&255) + float64(n>>16&255) - 382.5) / 128
			p := img.Pix[img.PixOffset(x, y):]
			p[0], p[1], p[2], p[3] = tone(c.r, contrast, speck), tone(c.g, contrast, speck), tone(c.b, contrast, speck), 255
		}
	}
	return img
}

// soft is a pixel as a lens gives it, with a little of its four neighbours.
func soft(pixels []rgb, width, height, x, y int) rgb {
	i := y*width + x
	c := pixels[i]
	if x == 0 || y == 0 || x == width-1 || y == height-1 {
		return c
	}
	around := pixels[i-1].add(pixels[i+1]).add(pixels[i-width]).add(pixels[i+width])
	return c.mul(0.52).add(around.mul(0.12))
}

// tone bends the top of the range so that highlights keep their colour.
func tone(v, contrast, speck float64) uint8 {
	v = 0.5 + (v-0.5)*contrast + speck
	if v > 0.8 {
		v = 0.8 + 0.2*(1-1/(1+(v-0.8)*5))*1.25
	}
	return uint8(clamp(v, 0, 1)*255 + 0.5)
}
