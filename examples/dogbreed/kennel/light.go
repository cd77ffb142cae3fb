package kennel

import "math"

// light is one lamp and what the surroundings reflect.
type light struct {
	to      vec // towards the lamp, unit vector
	sun     rgb
	ambient rgb
}

// newLight draws a lamp for a scene: outdoors is stronger and harder.
func newLight(d dice, outdoors bool) light {
	side := d.between(-0.9, 0.9)
	l := light{to: vec{side, d.between(0.45, 1.1), d.between(0.35, 0.9)}.unit()}
	strength, shade := d.between(0.45, 0.68), d.between(0.60, 0.76)
	if outdoors {
		strength, shade = d.between(0.55, 0.88), d.between(0.52, 0.70)
	}
	warm := d.between(-0.09, 0.11)
	l.sun = rgb{1 + warm, 1, 1 - 1.3*warm}.mul(strength)
	l.ambient = rgb{1 - 0.5*warm, 1, 1 + 0.6*warm}.mul(shade)
	return l
}

// pixel is the colour of a pixel and how much of it the dog covers.
func (f *figure) pixel(x, y int, c *coat, l light) (color rgb, cover float64) {
	i := y*f.width + x
	if f.owner[i] < 0 || f.distance[i] >= 0.5 {
		return rgb{}, 0
	}
	return f.paint(x, y, c, l), clamp(0.5-float64(f.distance[i]), 0, 1)
}

func (f *figure) paint(x, y int, c *coat, l light) rgb {
	p := &f.pieces[f.owner[y*f.width+x]]
	q := point{float64(x), float64(y)}
	n := f.normal(x, y)
	lit := max(n.dot(l.to), 0) * f.sunlit(x, y, l.to)
	around := 0.72 + 0.28*n.y

	switch p.zone {
	case eye:
		return eyeball(p, q, l)
	case nose, lip:
		shine := math.Pow(max(n.dot(vec{l.to.x, l.to.y, l.to.z + 1}.unit()), 0), 24)
		if p.zone == lip {
			shine = 0
		}
		return hex(0x1d1a1b).mul(0.6 + 0.8*lit).add(rgb{0.45, 0.45, 0.48}.mul(shine))
	case tongue:
		return hex(0xd0707a).mul(0.62 + 0.5*lit)
	}
	var color rgb
	if p.zone == innerEar {
		color = hex(0xcf9a8c).mix(c.main, 0.35)
	} else {
		at, top := p.rest(q)
		color = c.at(p.zone, at, top)
		if p.zone == earZone {
			color = color.mul(0.80)
		}
	}
	texture, gloss := c.hair.texture(p, q, f.size, c.seed)
	out := color.tint(l.ambient.mul(around).add(l.sun.mul(1.05 * lit))).mul(texture)
	shine := gloss * lit * math.Pow(max(n.dot(vec{l.to.x, l.to.y, l.to.z + 1}.unit()), 0), 12)
	return out.add(l.sun.mul(shine))
}

// normal is the surface's direction, from the depths around the pixel.
func (f *figure) normal(x, y int) vec {
	jump := 0.025 * f.size
	slope := func(dx, dy int) float64 {
		here := f.depthAt(x, y)
		a, b := f.depthAt(x-dx, y-dy)-here, f.depthAt(x+dx, y+dy)-here
		// A jump to another part is no slope; the smaller side is the surface.
		switch {
		case max(math.Abs(a), math.Abs(b)) < jump:
			return (b - a) / 2
		case math.Abs(a) < math.Abs(b):
			return -a
		}
		return b
	}
	return vec{-slope(1, 0), slope(0, 1), 1}.unit()
}

func (f *figure) depthAt(x, y int) float64 {
	if x < 0 || y < 0 || x >= f.width || y >= f.height {
		return far
	}
	return float64(f.depth[y*f.width+x])
}

// sunlit walks a little way towards the lamp and darkens what stands behind
// another part; also a soft shadow right behind an edge.
func (f *figure) sunlit(x, y int, to vec) float64 {
	here := f.depthAt(x, y)
	free := 1.0
	for _, reach := range [...]float64{0.02, 0.05, 0.10, 0.17} {
		r := reach * f.size
		over := f.depthAt(x+int(to.x*r), y-int(to.y*r)) - (here + to.z*r)
		free = min(free, 1-0.75*clamp(over/(0.03*f.size), 0, 1))
	}
	// The rim has no body behind it to fall into shadow.
	return mix(1, free, step(0, -3, float64(f.distance[y*f.width+x])))
}

// eyeball is a dark eye with the lamp in it.
func eyeball(p *piece, q point, l light) rgb {
	x, y := (q.x-(p.a.x+p.b.x)/2)/p.ra, (q.y-(p.a.y+p.b.y)/2)/p.ra
	r := math.Hypot(x, y)
	color := hex(0x5a3a1e).mix(hex(0x0d0a09), max(step(0.62, 0.50, r), step(0.72, 0.84, r)))
	glint := math.Hypot(x-0.28*sign(l.to.x), y+0.32)
	return color.mix(rgb{1, 1, 1}, 0.95*step(0.30, 0.18, glint))
}

func sign(x float64) float64 { return math.Copysign(1, x) }

// texture is the brightness of single hairs around 1, and how much the coat
// shines.
func (h hair) texture(p *piece, q point, size float64, seed uint32) (bright, gloss float64) {
	fine := size * 0.010
	switch h.kind {
	case long:
		k := strands(q.x/(fine*0.9), q.y/(fine*0.9), p.ux, p.uy, seed+31)
		lock := strands(q.x/(fine*3.2), q.y/(fine*3.2), p.ux, p.uy, seed+47)
		if p.zone == muzzle || p.zone == foot {
			return 1 + 0.22*(k-0.5), 0.05
		}
		return 1 + 0.50*(k-0.5) + 0.50*(lock-0.5), 0.10
	case curly:
		if p.zone == muzzle {
			return 1 + 0.2*(noise(q.x/fine, q.y/fine, seed)-0.5), 0.02
		}
		wobble := 1.5 * noise(q.x/(4*fine), q.y/(4*fine), seed+3)
		d, id := cells(q.x/(3.4*fine)+wobble, q.y/(3.4*fine), seed+31)
		ring := 0.5 + 0.5*math.Cos(9*d+6*id)
		return 1.14 - 0.62*d*d + 0.16*(ring-0.5), 0
	case wiry:
		k := strands(q.x/(fine*0.8), q.y/(fine*0.8), p.ux, p.uy, seed+31)
		tuft := noise(q.x/(2.4*fine), q.y/(2.4*fine), seed+47)
		return 1 + 0.55*(k-0.5) + 0.55*(tuft-0.5), 0
	default:
		k := strands(q.x/(fine*0.45), q.y/(fine*0.45), p.ux, p.uy, seed+31)
		return 1 + 0.10*(k-0.5), 0.16
	}
}
