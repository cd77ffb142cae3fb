package kennel

import "math"

// coat colours one dog. It lives on the breed's zero pose, so a patch stays
// where it is when the dog sits down or turns.
type coat struct {
	*breed
	palette
	seed   uint32
	center vec // of the head
	phase  float64
	amount float64 // more or fewer patches and blotches than usual
}

func newCoat(b *breed, d dice) *coat {
	c := &coat{breed: b, palette: b.colors[d.IntN(len(b.colors))], seed: d.Uint32(), phase: d.between(0, 6), amount: d.between(-1, 1)}
	warm := d.between(-0.035, 0.035)
	bright := d.between(0.86, 1.14)
	for _, p := range []*rgb{&c.main, &c.mark, &c.trim} {
		*p = rgb{p.r + warm, p.g, p.b - warm}.mul(bright)
	}
	for _, o := range bonesOf(b, pose{}) {
		if o.zone == head {
			c.center = o.a.mix(o.b, 0.5)
			break
		}
	}
	return c
}

// at is the colour of the hair in a zone at a point of the zero pose; top is
// how far up the bone's round it lies, −1 to 1.
func (c *coat) at(z zone, p vec, top float64) rgb {
	side := uint32(0)
	if p.z < 0 {
		side = 101
	}
	onHead := z == head || z == muzzle
	face := p.sub(c.center).mul(1 / c.build.skull)
	ragged := 0.5 * (clouds(p.x*9, p.y*9, 2, c.seed+side) - 0.5) * 2
	color := c.main

	if c.marks&brindle != 0 && z != muzzle {
		color = color.mix(c.mark, 0.72*c.stripes(z, p, side))
	}
	if c.marks&merle != 0 {
		blotch := clouds(p.x*6.5, p.y*6.5, 2, c.seed+side+5) + 0.25*ragged
		color = color.mix(c.mark, 0.92*step(0.54, 0.60, blotch+0.05*c.amount))
	}
	if c.marks&pied != 0 {
		color = color.mix(c.mark, c.patches(z, p, face, side, ragged))
	}
	if c.marks&spots != 0 {
		scale := 9.0
		if onHead || z == earZone || z == foot || z == leg {
			scale = 13
		}
		d, id := cells(p.x*scale+c.phase, p.y*scale, c.seed+side)
		color = color.mix(c.mark, step(0.06, -0.03, d-0.20-0.20*id-0.07*c.amount))
	}
	if c.marks&saddle != 0 {
		color = color.mix(c.mark, c.saddle(z, p, top, ragged))
	}
	if c.marks&mantle != 0 {
		color = c.mantle(z, p, face, top, ragged, color)
	}
	if c.marks&points != 0 {
		color = color.mix(c.trim, c.points(z, p, face, top, ragged))
	}
	if c.marks&socks != 0 {
		color = color.mix(c.trim, c.socks(z, p, face, top, ragged))
	}
	if c.marks&mask != 0 {
		color = color.mix(c.mark, c.mask(z, face, ragged))
	}
	return color
}

func (c *coat) stripes(z zone, p vec, side uint32) float64 {
	across := p.x
	if z == leg || z == foot || z == tailZone {
		across = p.y*0.8 + p.x
	}
	bend := clouds(p.x*4, p.y*5, 2, c.seed+side) - 0.5
	wave := math.Sin(across*105 + 11*bend + p.y*9 + c.phase)
	return step(-0.1, 0.5, wave) * step(0.30, 0.52, noise(p.x*22, p.y*9, c.seed+side+3))
}

func (c *coat) patches(z zone, p, face vec, side uint32, ragged float64) float64 {
	switch z {
	case leg, foot, chest, muzzle:
		return 0
	case earZone:
		return 1
	case head:
		return step(0.16, 0.26, math.Abs(face.z)+0.1*ragged)
	}
	return step(0.50, 0.54, noise(p.x*3.2+c.phase, p.y*3.2, c.seed+side+7)+0.10*ragged+0.16*c.amount)
}

// height is where p lies between the elbow (0) and the shoulder (about 1).
func (c *coat) height(p vec) float64 { return (p.y - c.build.leg) / c.build.chest }

func (c *coat) saddle(z zone, p vec, top, ragged float64) float64 {
	edge := 0.2 * ragged
	switch z {
	case torso, thigh, chest:
		return step(0.42, 0.58, c.height(p)+edge)
	case neck:
		return step(-0.05, 0.15, top+edge)
	case tailZone:
		return step(-0.5, -0.2, top+edge)
	}
	return 0
}

func (c *coat) mantle(z zone, p, face vec, top, ragged float64, color rgb) rgb {
	dark, light := 0.0, 0.0
	edge := 0.3 * ragged
	switch z {
	case torso, thigh:
		dark, light = step(0.85, 1.2, c.height(p)+edge), step(0.35, 0.05, c.height(p)+edge)
	case neck:
		dark, light = step(0.35, 0.75, top+edge), step(-0.35, -0.65, top+edge)
	case tailZone:
		dark, light = 0.3*step(0, 0.5, top+edge), step(-0.1, -0.4, top+edge)
	case chest, foot:
		light = 1
	case leg:
		light = 0.75
	case earZone:
		dark = 0.8
	case muzzle:
		light = step(0.30, 0.10, face.y)
	case head:
		cap := face.y - 0.30 + 0.15*edge
		dark = step(0.02, 0.22, cap)
		light = step(-0.02, -0.22, cap) * step(-0.20, 0.10, face.x)
		dark = max(dark, step(0.17, 0.10, math.Abs(face.z))*step(0.4, 0.6, face.x)*step(-0.1, 0.1, face.y))
	}
	return color.mix(c.mark, dark).mix(c.trim, light)
}

func (c *coat) points(z zone, p, face vec, top, ragged float64) float64 {
	edge := 0.15 * ragged
	switch z {
	case foot:
		return 1
	case leg:
		return step(0.72, 0.55, p.y/c.build.leg+edge)
	case thigh, torso:
		return step(0.75, 0.60, p.y/c.build.leg+edge)
	case chest:
		return step(-0.30, -0.52, top+edge)
	case muzzle:
		return step(-0.02, -0.16, face.y+0.3*edge)
	case head:
		brow := math.Hypot(face.y-0.46, math.Abs(face.z)-0.42)
		cheek := math.Hypot(face.x-0.40, face.y+0.45)
		return max(step(0.18, 0.12, brow)*step(0.3, 0.4, face.x), step(0.42, 0.30, cheek+edge))
	}
	return 0
}

func (c *coat) socks(z zone, p, face vec, top, ragged float64) float64 {
	edge := 0.2 * ragged
	switch z {
	case foot:
		return 1
	case leg:
		return step(0.80, 0.68, p.y/c.build.leg+edge)
	case chest:
		return step(0.35, 0.10, top+edge)
	case torso, thigh:
		return step(0.05, -0.15, c.height(p)+edge)
	case neck:
		return step(-0.25, -0.45, top+edge)
	case tailZone:
		tip := -0.5*c.build.back - 0.75*c.tail.length
		return step(tip+0.02, tip-0.06, p.x) * step(0.2, 0.3, c.tail.length)
	case muzzle:
		return step(0.08, -0.02, face.y+0.3*edge)
	case head:
		return step(0.20, 0.12, math.Abs(face.z)+0.3*edge) * step(0.1, 0.3, face.x+0.4*face.y)
	}
	return 0
}

func (c *coat) mask(z zone, face vec, ragged float64) float64 {
	switch z {
	case muzzle:
		return 0.95
	case earZone:
		return 0.85
	case head:
		eyes := math.Hypot(face.y-0.14, math.Abs(face.z)-0.46)
		return 0.9 * max(step(0.42, 0.28, eyes+0.1*ragged)*step(0.2, 0.4, face.x),
			step(0.48, 0.62, face.x-0.6*max(face.y, 0)+0.1*ragged))
	}
	return 0
}
