package kennel

import (
	"cmp"
	"math"
	"slices"
)

// piece is a bone as the camera sees it: in pixels, with its place in the
// zero pose, where the coat's pattern lives.
type piece struct {
	zone       zone
	a, b       point
	za, zb     float64 // depth of a and b, larger is nearer
	ra, rb     float64
	dx, dy     float64 // from a to b
	inverse    float64 // of the square of a–b's length in the picture
	lean       float64 // how fast depth grows along it
	corners    []point
	depths     []float64
	blend      float64
	hair       float64 // pixels
	ux, uy     float64 // the way the hair lies, unit vector in the picture
	frame      [3]vec  // along, up, out of the bone in this pose
	restA      vec
	restB      vec
	restFrame  [3]vec
	minX, maxX float64
	minY, maxY float64
}

// hit is where a ray through a pixel meets a piece.
type hit struct {
	t        float64 // along the bone, 0 at a
	distance float64 // from the silhouette, negative inside
	depth    float64
}

// at is exact up to pad pixels outside the piece; farther off it only says so.
//
// A bone is the hull of the balls along its axis. The ball that makes the
// silhouette and the one that comes nearest to the camera lie a little along
// the axis from the pixel's own foot on it, by how fast radius and depth grow.
func (p *piece) at(q point, pad float64) hit {
	if p.corners != nil {
		return p.atSheet(q)
	}
	x, y := q.x-p.a.x, q.y-p.a.y
	foot := (x*p.dx + y*p.dy) * p.inverse
	x, y = x-foot*p.dx, y-foot*p.dy
	aside := x*x + y*y
	if wide := max(p.ra, p.rb) + pad; aside > wide*wide {
		return hit{0, 2 * pad, far}
	}
	grow, length := (p.rb-p.ra)*p.inverse, 1/p.inverse
	t := clamp(foot+math.Sqrt(aside)*grow, 0, 1)
	r := p.ra + (p.rb-p.ra)*t
	h := hit{t, math.Sqrt(aside+(t-foot)*(t-foot)*length) - r, p.za + (p.zb-p.za)*t}
	if h.distance >= 0 {
		return h
	}
	h.t = clamp(foot+r*grow+p.lean*math.Sqrt(max(r*r-aside, 0)), 0, 1)
	r = p.ra + (p.rb-p.ra)*h.t
	h.depth = p.za + (p.zb-p.za)*h.t + math.Sqrt(max(r*r-aside-(h.t-foot)*(h.t-foot)*length, 0))
	return h
}

func (p *piece) atSheet(q point) hit {
	d := toPolygon(q, p.corners) - p.ra
	sum, weights := 0.0, 0.0
	for i, c := range p.corners {
		w := 1 / (1 + (q.x-c.x)*(q.x-c.x) + (q.y-c.y)*(q.y-c.y))
		sum, weights = sum+w*p.depths[i], weights+w
	}
	bulge := p.ra * 1.6 * math.Sqrt(clamp(-d/(2.5*p.ra), 0, 1))
	t, _ := toSegment(q, p.a, p.b)
	return hit{t, d, sum/weights + bulge}
}

// rest is the point of the zero pose whose coat is seen at q, and how far up
// the bone's round it lies, −1 below to 1 on top.
func (p *piece) rest(q point) (at vec, top float64) {
	h := p.at(q, p.hair+p.blend+4)
	axis := vec{mix(p.a.x, p.b.x, h.t), -mix(p.a.y, p.b.y, h.t), mix(p.za, p.zb, h.t)}
	off := vec{q.x, -q.y, h.depth}.sub(axis)
	up, out := off.dot(p.frame[1]), off.dot(p.frame[2])
	r := mix(p.ra, p.rb, h.t)
	scale := p.restA.sub(p.restB).length()
	if seen := math.Hypot(math.Hypot(p.a.x-p.b.x, p.a.y-p.b.y), p.za-p.zb); seen > 1e-9 {
		scale /= seen
	}
	at = p.restA.mix(p.restB, h.t)
	at = at.add(p.restFrame[1].mul(up * scale)).add(p.restFrame[2].mul(out * scale))
	return at, clamp(up/r, -1, 1)
}

// frameOf returns the bone's axes: along it, up (the back of a level bone, the
// front of a leg), and out to the dog's left.
func frameOf(a, b, out vec) [3]vec {
	along := b.sub(a).unit()
	up := out.cross(along).unit()
	if up.length() < 0.5 {
		up = vec{0, 1, 0}
	}
	return [3]vec{along, up, along.cross(up)}
}

// figure is the drawn dog before it gets its colours: per pixel the distance
// from the silhouette, the depth, and which piece is seen.
type figure struct {
	width, height int
	size          float64 // pixels per unit of the dog
	top, bottom   int     // rows with anything in them
	distance      []float32
	depth         []float32
	owner         []int16 // −1: nothing near
	pieces        []piece
}

const far = -1e6

func newFigure(width, height int, size float64, pieces []piece) *figure {
	n := width * height
	f := &figure{width, height, size, height, 0, make([]float32, n), make([]float32, n), make([]int16, n), pieces}
	for i := range n {
		f.distance[i], f.depth[i], f.owner[i] = 1e6, far, -1
	}
	return f
}

// draw lays piece k over the figure.
func (f *figure) draw(k int, seed uint32) {
	p := &f.pieces[k]
	pad, lock := p.hair+0.5*p.blend+2, 0.5*p.hair+2
	nearest, deep := float32(p.nearest()+p.blend), float32(-p.blend)
	x0, x1 := max(int(p.minX-pad), 0), min(int(p.maxX+pad)+1, f.width)
	y0, y1 := max(int(p.minY-pad), 0), min(int(p.maxY+pad)+1, f.height)
	f.top, f.bottom = min(f.top, y0), max(f.bottom, y1)
	for y := y0; y < y1; y++ {
		from, to := p.reach(float64(y), pad)
		for x := max(x0, from); x < min(x1, to); x++ {
			i := y*f.width + x
			if f.depth[i] > nearest && f.distance[i] < deep {
				continue // well behind what is drawn already
			}
			h := p.at(point{float64(x), float64(y)}, pad)
			if h.distance > pad {
				continue
			}
			if p.hair > 1 && math.Abs(h.distance) < p.hair {
				h.distance -= p.hair * (1.7*strands(float64(x)/lock, float64(y)/lock, p.ux, p.uy, seed) - 0.7)
			}
			f.put(i, int16(k), h, p.blend)
		}
	}
}

// nearest is the depth of the piece's nearest point.
func (p *piece) nearest() float64 {
	z := max(p.za+p.ra, p.zb+p.rb)
	for _, d := range p.depths {
		z = max(z, d+2*p.ra)
	}
	return z
}

// reach is the range of x in which the row y may come within pad of the piece.
func (p *piece) reach(y, pad float64) (from, to int) {
	if p.corners != nil || p.a.y == p.b.y {
		return int(p.minX - pad), int(p.maxX+pad) + 2
	}
	// Only the part of the axis within r of the row can be near.
	r := max(p.ra, p.rb) + pad
	t0, t1 := (y-r-p.a.y)/(p.b.y-p.a.y), (y+r-p.a.y)/(p.b.y-p.a.y)
	t0, t1 = clamp(t0, 0, 1), clamp(t1, 0, 1)
	x0, x1 := mix(p.a.x, p.b.x, t0), mix(p.a.x, p.b.x, t1)
	return int(min(x0, x1) - r), int(max(x0, x1)+r) + 2
}

// put merges one hit into pixel i. Around a piece its surface goes on as a
// falling skirt, which is never seen but lets neighbours run into each other
// smoothly.
func (f *figure) put(i int, k int16, h hit, blend float64) {
	d, z := float64(f.distance[i]), float64(f.depth[i])
	empty, inside := f.owner[i] < 0, d <= 0
	depth := h.depth
	if h.distance > 0 {
		depth -= 1.5 * h.distance
	}
	if !empty {
		depth = -blendMin(-depth, -z, blend)
	}
	switch {
	case h.distance <= 0 && (!inside || h.depth > z), h.distance > 0 && h.distance < d && !inside:
		f.owner[i] = k
	}
	f.depth[i] = float32(depth)
	f.distance[i] = float32(blendMin(h.distance, d, blend))
}

// look poses the breed's bones before the camera. The picture shows the dog's
// origin at (x, y), size pixels per unit; mirror is 1, or −1 to have the dog
// look left.
func look(b *breed, p pose, camera mat, x, y, size, mirror float64) []piece {
	bones, rest := bonesOf(b, p), bonesOf(b, pose{})
	see := func(v vec) (point, float64) {
		v = camera.apply(v)
		return point{x + mirror*size*v.x, y - size*v.y}, size * v.z
	}
	pieces := make([]piece, 0, len(bones))
	for i, o := range bones {
		if o.open != (vec{}) && camera.apply(o.open).z < 0.05 {
			continue
		}
		q := piece{zone: o.zone, ra: o.ra * size, rb: o.rb * size, blend: o.blend * size, hair: o.hair * b.hair.length * size,
			restA: rest[i].a, restB: rest[i].b, restFrame: frameOf(rest[i].a, rest[i].b, rest[i].out)}
		q.a, q.za = see(o.a)
		q.b, q.zb = see(o.b)
		q.frame = frameOf(o.a, o.b, o.out)
		for j, v := range q.frame {
			v = camera.apply(v)
			q.frame[j] = vec{mirror * v.x, v.y, v.z}
		}
		q.minX, q.maxX = min(q.a.x-q.ra, q.b.x-q.rb), max(q.a.x+q.ra, q.b.x+q.rb)
		q.minY, q.maxY = min(q.a.y-q.ra, q.b.y-q.rb), max(q.a.y+q.ra, q.b.y+q.rb)
		for _, c := range o.sheet {
			at, z := see(c)
			if o.zone == innerEar {
				z += 0.06 * size
			}
			q.corners, q.depths = append(q.corners, at), append(q.depths, z)
			q.minX, q.maxX = min(q.minX, at.x-q.ra), max(q.maxX, at.x+q.ra)
			q.minY, q.maxY = min(q.minY, at.y-q.ra), max(q.maxY, at.y+q.ra)
		}
		q.dx, q.dy = q.b.x-q.a.x, q.b.y-q.a.y
		flat := q.dx*q.dx + q.dy*q.dy
		q.inverse = 1 / max(flat, 1e-9)
		q.lean = (q.zb - q.za) * q.inverse / math.Sqrt(1+(q.zb-q.za)*(q.zb-q.za)*q.inverse)
		q.comb()
		pieces = append(pieces, q)
	}
	// Front to back, so that what is hidden costs little.
	slices.SortStableFunc(pieces, func(p, q piece) int { return cmp.Compare(q.nearest(), p.nearest()) })
	return pieces
}

// comb sets the way the hair lies: down, and towards the rear or the foot.
func (p *piece) comb() {
	along := vec{p.frame[0].x, -p.frame[0].y, 0}
	lie := vec{0, 1, 0}
	switch p.zone {
	case torso, chest, neck, head:
		lie = lie.mul(0.9).sub(along.mul(0.6))
	case muzzle:
		lie = lie.mul(0.9).add(along.mul(0.3))
	case tailZone, leg, foot, thigh:
		lie = lie.mul(0.7).add(along.mul(0.8))
	}
	lie = lie.unit()
	p.ux, p.uy = lie.x, lie.y
}
