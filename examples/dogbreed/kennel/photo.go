package kennel

import (
	"image"
	"math"
)

const deg = math.Pi / 180

// photo is one picture of a breed and the JPEG quality to keep it in; equal
// arguments give equal pixels.
func photo(seed uint64, breedIndex, index int) (img *image.RGBA, quality int) {
	d := throw(seed, breedIndex, index)
	b := table[breedIndex].individual(d)
	width, height := 320+d.IntN(49)-24, 280+d.IntN(49)-24
	if d.chance(0.15) {
		width, height = height, width
	}
	place := scenes[d.IntN(len(scenes))](d)
	lamp := newLight(d, place.outdoors)

	s := &shot{width: width, height: height, lamp: lamp, scene: place}
	s.aim(b, d)
	fur := newCoat(b, d)
	f := newFigure(width, height, s.size, s.pieces)
	hairSeed := d.Uint32()
	for k := range s.pieces {
		f.draw(k, hairSeed)
	}
	pixels := s.backdrop(d)
	s.shadow(pixels, bonesOf(b, s.pose))
	s.compose(pixels, f, fur)
	return s.develop(pixels, d), 75 + d.IntN(18)
}

// shot is the set-up of one photo.
type shot struct {
	width, height int
	lamp          light
	scene         scene
	pose          pose
	pieces        []piece
	size          float64 // pixels per unit of the dog
	camera        mat
	sin, cos      float64 // of the camera's tilt
	horizon       float64 // pixels from the top, at the middle
	x, y          float64 // the dog's origin: where it stands, in pixels
	mirror        float64
}

// aim poses the dog and places it so that it fills the picture.
func (s *shot) aim(b *breed, d dice) {
	s.pose = pose{stance: stance(d.IntN(3)), stride: d.between(-1, 1), lift: d.between(-0.16, 0.16),
		pitch: d.between(-0.26, 0.18), roll: d.between(-0.24, 0.24), wag: d.between(-0.8, 0.8)}
	body := d.between(-28, 38) * deg
	s.pose.yaw = clamp(d.between(-10, 68)*deg-body, -0.5, 1.3)
	if d.chance(0.4) {
		s.pose.tongue = d.between(0.4, 1)
	}
	slope := d.between(-7, 7) * deg
	s.camera = turn(body).then(nod(d.between(4, 17) * deg)).then(tilt(slope))
	s.mirror = 1
	if d.chance(0.5) {
		s.mirror = -1
	}
	s.sin, s.cos = math.Sincos(-slope * s.mirror)

	const trial = 1000.0
	lo, hi := extent(look(b, s.pose, s.camera, 0, 0, trial, s.mirror))
	w, h := float64(s.width), float64(s.height)
	fill := d.between(0.54, 1.12)
	scale := fill * min(w/(hi.x-lo.x), h/(hi.y-lo.y))
	s.size = trial * scale
	roomX, roomY := w-scale*(hi.x-lo.x), h-scale*(hi.y-lo.y)
	right, down := d.between(0.05, 0.95), d.between(0.25, 0.9)
	if roomX < 0 { // cut the rear, never the head
		right = 0.5 + 0.5*s.mirror
	}
	if roomY < 0 {
		down = 0
	}
	s.x, s.y = roomX*right-scale*lo.x, roomY*down-scale*lo.y
	s.pieces = look(b, s.pose, s.camera, s.x, s.y, s.size, s.mirror)
	s.horizon = s.y - float64(s.height)*d.between(0.10, 0.42)
}

// extent is the box around all pieces but the tail, which may leave the picture.
func extent(pieces []piece) (lo, hi point) {
	lo, hi = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, p := range pieces {
		if p.zone == tailZone {
			continue
		}
		lo = point{min(lo.x, p.minX-p.hair), min(lo.y, p.minY-p.hair)}
		hi = point{max(hi.x, p.maxX+p.hair), max(hi.y, p.maxY+p.hair)}
	}
	return lo, hi
}

// sceneAt turns pixels into the scene's coordinates.
func (s *shot) sceneAt(x, y float64) (u, v float64) {
	dx, dy := x-float64(s.width)/2, y-s.horizon
	unit := 1 / float64(s.width)
	return 0.5 + (dx*s.cos+dy*s.sin)*unit, (dy*s.cos - dx*s.sin) * unit
}

// backdrop paints the scene, out of focus away from the dog.
func (s *shot) backdrop(d dice) []rgb {
	pixels := make([]rgb, s.width*s.height)
	sunny := s.lamp.ambient.add(s.lamp.sun.mul(0.25 + 0.55*s.lamp.to.y))
	distant := s.lamp.ambient.mul(0.5).add(s.lamp.sun.mul(0.35)).add(rgb{0.32, 0.32, 0.32})
	for y := range s.height {
		for x := range s.width {
			u, v := s.sceneAt(float64(x), float64(y))
			c := &pixels[y*s.width+x]
			switch {
			case v > 0:
				*c = s.scene.color(u, v).tint(sunny)
			case (x|y)&1 == 0:
				*c = s.scene.color(u, v).tint(distant)
			default: // what is blurred below needs a quarter of the pixels
				*c = pixels[(y&^1)*s.width+x&^1]
			}
		}
	}
	blur(pixels, s.width, s.height, 2+d.IntN(2), int(s.horizon+math.Abs(s.sin)*float64(s.width)/2)+8)
	return pixels
}
