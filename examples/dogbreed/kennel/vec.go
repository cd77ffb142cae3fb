package kennel

import "math"

// vec is a point or a direction: x to the right (in the dog: forward), y up,
// z towards the viewer.
type vec struct{ x, y, z float64 }

func (v vec) add(w vec) vec     { return vec{v.x + w.x, v.y + w.y, v.z + w.z} }
func (v vec) sub(w vec) vec     { return vec{v.x - w.x, v.y - w.y, v.z - w.z} }
func (v vec) mul(s float64) vec { return vec{v.x * s, v.y * s, v.z * s} }
func (v vec) dot(w vec) float64 { return v.x*w.x + v.y*w.y + v.z*w.z }
func (v vec) length() float64   { return math.Sqrt(v.dot(v)) }

func (v vec) cross(w vec) vec {
	return vec{v.y*w.z - v.z*w.y, v.z*w.x - v.x*w.z, v.x*w.y - v.y*w.x}
}

// unit is v with length 1; the zero vector stays zero.
func (v vec) unit() vec {
	n := v.length()
	if n == 0 {
		return v
	}
	return v.mul(1 / n)
}

// mix goes from v (t = 0) to w (t = 1).
func (v vec) mix(w vec, t float64) vec { return v.add(w.sub(v).mul(t)) }

// mat is a rotation, by rows.
type mat [3]vec

func (m mat) apply(v vec) vec { return vec{m[0].dot(v), m[1].dot(v), m[2].dot(v)} }

// then is the rotation m followed by n.
func (m mat) then(n mat) mat {
	var out mat
	for i, r := range n {
		out[i] = m[0].mul(r.x).add(m[1].mul(r.y)).add(m[2].mul(r.z))
	}
	return out
}

// turn rotates about the vertical: positive brings what looks right to look at the viewer.
func turn(a float64) mat {
	s, c := math.Sincos(a)
	return mat{{c, 0, -s}, {0, 1, 0}, {s, 0, c}}
}

// nod rotates about the viewer's left-right axis: positive shows the top.
func nod(a float64) mat {
	s, c := math.Sincos(a)
	return mat{{1, 0, 0}, {0, c, -s}, {0, s, c}}
}

// tilt rotates in the plane of the picture, counterclockwise.
func tilt(a float64) mat {
	s, c := math.Sincos(a)
	return mat{{c, -s, 0}, {s, c, 0}, {0, 0, 1}}
}

// clamp is written with ifs: min and max order NaNs and zeros too, and this is
// the busiest function of all.
func clamp(x, lo, hi float64) float64 {
	if x < lo {
		return lo
	}
	if x > hi {
		return hi
	}
	return x
}

func mix(a, b, t float64) float64 { return a + (b-a)*t }

// step rises smoothly from 0 at lo to 1 at hi; with lo > hi it falls.
func step(lo, hi, x float64) float64 {
	t := clamp((x-lo)/(hi-lo), 0, 1)
	return t * t * (3 - 2*t)
}

// rgb is a colour, each part in [0, 1], as stored in a photo (not linear light).
type rgb struct{ r, g, b float64 }

func (c rgb) mul(s float64) rgb { return rgb{c.r * s, c.g * s, c.b * s} }
func (c rgb) tint(d rgb) rgb    { return rgb{c.r * d.r, c.g * d.g, c.b * d.b} }
func (c rgb) add(d rgb) rgb     { return rgb{c.r + d.r, c.g + d.g, c.b + d.b} }
func (c rgb) mix(d rgb, t float64) rgb {
	return rgb{c.r + (d.r-c.r)*t, c.g + (d.g-c.g)*t, c.b + (d.b-c.b)*t}
}

// hex is the colour 0xRRGGBB.
func hex(v uint32) rgb {
	return rgb{float64(v>>16&255) / 255, float64(v>>8&255) / 255, float64(v&255) / 255}
}
