package kennel

import "math"

// zone says what a bone carries, for the coat.
type zone uint8

const (
	torso zone = iota
	chest
	neck
	thigh // and upper arm
	leg
	foot
	tailZone
	head
	muzzle
	earZone
	innerEar
	eye
	nose
	lip
	tongue
)

// bone is a piece of the dog: the hull of a ball at a and a ball at b, or a
// thin sheet with the given corners. The dog's origin is on the ground under
// the middle of the back; it looks along x.
type bone struct {
	zone   zone
	a, b   vec
	ra, rb float64 // radii of the balls; ra also rounds a sheet's corners
	out    vec     // unit vector to the dog's own left side
	sheet  []vec
	open   vec     // of an inner ear: where it can be seen from
	blend  float64 // width of the fillet with what was drawn before
	hair   float64 // hair length here against the breed's
}

type stance int

const (
	standing stance = iota
	sitting
	lying
)

// pose is what changes from photo to photo. Angles in radians; the zero pose
// is the one in which coats are laid out.
type pose struct {
	stance           stance
	stride           float64 // swing of the legs, −1 to 1
	lift             float64 // of the neck
	yaw, pitch, roll float64 // of the head against the body
	wag              float64 // tail to the side
	tongue           float64 // how far it hangs out, 0 to 1
}

// skeleton collects bones. The list has the same order in every pose of a
// breed, so that two poses can be matched bone by bone.
type skeleton struct {
	*breed
	pose
	bones []bone
}

// bonesOf builds a dog of the breed in a pose.
func bonesOf(b *breed, p pose) []bone {
	s := &skeleton{breed: b, pose: p, bones: make([]bone, 0, 64)}
	hip, shoulder := s.joints()
	s.drawTail(hip, shoulder)
	s.drawLegs(hip, shoulder, -1)
	s.drawTorso(hip, shoulder)
	s.drawLegs(hip, shoulder, 1)
	s.drawHead(s.drawNeck(hip, shoulder))
	return s.bones
}

// add appends one bone of the body.
func (s *skeleton) add(z zone, a vec, ra float64, b vec, rb, blend, hair float64) {
	s.bones = append(s.bones, bone{zone: z, a: a, b: b, ra: ra, rb: rb, out: vec{0, 0, 1}, blend: blend, hair: hair})
}

func (s *skeleton) hips() float64 { return mix(s.build.waist, s.build.chest, 0.55) }

// joints places the hip and the shoulder.
func (s *skeleton) joints() (hip, shoulder vec) {
	b, r := s.build, s.hips()
	high := b.leg + 0.80*b.chest
	switch s.stance {
	case sitting:
		hip = vec{-0.34 * b.back, 0.92 * r, 0}
		rise := math.Asin(clamp((high-hip.y)/b.back, 0.42, 0.86))
		shoulder = hip.add(vec{math.Cos(rise), math.Sin(rise), 0}.mul(0.96 * b.back))
	case lying:
		hip = vec{-0.5 * b.back, 0.86 * r, 0}
		shoulder = vec{0.46 * b.back, 1.12 * b.chest, 0}
	default:
		hip = vec{-0.5 * b.back, high - 0.02, 0}
		shoulder = vec{0.5 * b.back, high, 0}
	}
	return hip, shoulder
}

func (s *skeleton) drawTorso(hip, shoulder vec) {
	b, r := s.build, s.hips()
	along := shoulder.sub(hip).unit()
	up := vec{0, 0, 1}.cross(along)
	loin := hip.mix(shoulder, 0.36).add(up.mul(0.30 * (b.chest - b.waist)))
	rib := hip.mix(shoulder, 0.74).sub(up.mul(0.04))
	s.add(torso, hip, r, loin, b.waist*1.04, 0.10, 1)
	s.add(torso, loin, b.waist*1.04, rib, b.chest, 0.10, 1)
	s.add(torso, rib, b.chest, shoulder, b.chest*0.84, 0.10, 1)
	keel := shoulder.add(along.mul(0.10 * b.chest)).sub(up.mul(0.34 * b.chest))
	s.add(chest, rib.sub(up.mul(0.22*b.chest)), 0.84*b.chest, keel, 0.66*b.chest, 0.10, 1)
	if s.hair.kind == long {
		low := 0.55 * b.chest
		s.add(torso, loin.sub(up.mul(0.55*b.waist)), 0.6*b.waist, keel.sub(up.mul(0.25*low)), low, 0.10, 1.8)
	}
	if s.hair.ruff {
		front := shoulder.add(along.mul(0.45 * b.chest))
		s.add(chest, front.add(up.mul(0.30*b.chest)), 0.80*b.chest, front.sub(up.mul(0.35*b.chest)), 0.62*b.chest, 0.12, 1.9)
	}
}

// drawLegs draws the fore and hind leg of one side: +1 is the dog's left.
func (s *skeleton) drawLegs(hip, shoulder vec, side float64) {
	b, r := s.build, s.hips()
	bone := b.bone
	swing := 0.26 * b.leg * s.stride * side
	zf, zh := side*0.52*b.chest, side*0.50*r
	along := shoulder.sub(hip).unit()

	var fore, hind [4]vec // shoulder, elbow, wrist, toes; hip, knee, hock, toes
	fore[0] = shoulder.sub(along.mul(0.10 * b.chest)).add(vec{0, -0.15 * b.chest, zf})
	hind[0] = hip.add(vec{0.02, -0.05 * r, zh})
	switch s.stance {
	case lying:
		fore[1] = vec{shoulder.x - 0.06, 1.15 * bone, side * 0.72 * b.chest}
		fore[2] = vec{shoulder.x + 0.18 + 0.30*b.leg, 1.0 * bone, side * 0.62 * b.chest}
		fore[3] = fore[2].add(vec{0.13, -0.1 * bone, 0})
	default:
		fore[1] = vec{fore[0].x - 0.05, max(b.leg, 0.5*fore[0].y), side * 0.60 * b.chest}
		fore[2] = vec{fore[0].x + 0.8*swing, 0.30 * b.leg, side * 0.56 * b.chest}
		fore[3] = vec{fore[0].x + swing + 0.05, 0.85 * bone, side * 0.56 * b.chest}
	}
	if s.stance == standing {
		hind[1] = vec{hip.x + 0.10 - 0.4*swing, 0.92 * b.leg, side * 0.62 * r}
		hind[2] = vec{hip.x - 0.13 - swing, 0.40 * b.leg, side * 0.56 * r}
		hind[3] = vec{hip.x - 0.06 - swing, 0.85 * bone, side * 0.56 * r}
	} else {
		hind[0] = hip.add(vec{0.08, 0, side * 0.62 * r})
		hind[1] = vec{hip.x + 0.16 + 0.14*b.leg, max(0.55*b.leg, 0.95*r), side * 0.98 * r}
		hind[2] = vec{hip.x - 0.02, 1.0 * bone, side * 0.92 * r}
		hind[3] = vec{hip.x + 0.10 + 0.30*b.leg, 0.85 * bone, side * 0.95 * r}
	}
	ahead := func(p vec) vec { return p.add(vec{0.05 + 0.4*bone, 0, 0}) }
	s.add(thigh, fore[0], 0.56*b.chest, fore[1], 1.45*bone, 0.08, 0.7)
	s.add(leg, fore[1], 1.35*bone, fore[2], 0.98*bone, 0.05, 0.6)
	s.add(foot, fore[2], 0.96*bone, fore[3], 1.0*bone, 0.03, 0.5)
	s.add(foot, fore[3], 1.08*bone, ahead(fore[3]), 0.86*bone, 0.02, 0.4)

	s.add(thigh, hind[0], 0.80*r, hind[1], 1.65*bone, 0.08, 0.8)
	s.add(leg, hind[1], 1.6*bone, hind[2], 0.92*bone, 0.05, 0.6)
	s.add(foot, hind[2], 0.94*bone, hind[3], 0.95*bone, 0.03, 0.5)
	s.add(foot, hind[3], 1.05*bone, ahead(hind[3]), 0.84*bone, 0.02, 0.4)

	if s.hair.kind == long { // the feathers behind the legs
		back := vec{-1.1 * bone, 0, 0}
		s.add(leg, fore[1].add(back), 1.1*bone, fore[2].add(back), 0.4*bone, 0.05, 1.5)
		s.add(thigh, hind[0].mix(hind[1], 0.4).add(back.mul(3)), 1.5*bone, hind[2].add(back.mul(0.3)).add(vec{0, 0.05, 0}), 0.6*bone, 0.06, 1.6)
	}
}

// drawNeck returns where the head sits.
func (s *skeleton) drawNeck(hip, shoulder vec) vec {
	b := s.build
	angle := b.carried*math.Pi/180 + s.lift
	if s.stance == sitting {
		angle += 0.22
	}
	way := vec{math.Cos(angle), math.Sin(angle), 0}
	root := shoulder.add(vec{0.05, 0.22 * b.chest, 0})
	top := root.add(way.mul(b.neck + 0.45*b.chest))
	thick := mix(b.skull, b.chest, 0.35) * 0.80
	if b.waist < 0.13 {
		thick *= 0.8
	}
	s.add(neck, root, 0.78*b.chest, top, thick*0.92, 0.12, 0.9)
	if s.hair.ruff {
		s.add(neck, root.add(way.mul(0.05)), 0.92*b.chest, top.sub(way.mul(0.10)), thick*1.18, 0.12, 1.6)
	}
	return top.add(vec{0.30 * b.skull, 0.35 * b.skull, 0})
}

// drawTail bends a chain of links: heading is the angle of the first against
// straight back, bend what each link adds.
func (s *skeleton) drawTail(hip, shoulder vec) {
	r := s.hips()
	along := shoulder.sub(hip).unit()
	up := vec{0, 0, 1}.cross(along)
	at := hip.sub(along.mul(0.80 * r)).add(up.mul(0.42 * r))
	if s.stance == sitting {
		at = hip.sub(along.mul(0.72 * r)).add(vec{-0.10 * r, 0.02, 0})
	}
	const links = 10
	heading, bend := 0.0, 0.0
	radius := func(t float64) float64 { return mix(0.042, 0.016, t) }
	hairy := 0.6
	switch s.tail.shape {
	case whip:
		heading, bend = -1.0, 0.13
		radius = func(t float64) float64 { return mix(0.036, 0.012, t) }
	case sabre:
		heading, bend = 1.05, 0.06
		radius = func(t float64) float64 { return mix(0.048, 0.022, t) }
	case curled:
		heading, bend = 1.0, 0.46
		radius = func(t float64) float64 { return 0.055 + 0.05*math.Sin(math.Pi*t) }
		hairy = 1.1
	case plumed:
		heading, bend = -0.75, 0.13
		radius = func(t float64) float64 { return 0.035 + 0.075*math.Sin(math.Pi*math.Pow(t, 0.8)) }
		hairy = 1.9
	case docked:
		heading, bend = 0.7, 0.02
		radius = func(t float64) float64 { return mix(0.050, 0.036, t) }
	case otter:
		heading, bend = -0.75, 0.10
		radius = func(t float64) float64 { return mix(0.070, 0.026, t) }
	case pompon:
		heading, bend = 1.15, 0.04
		radius = func(t float64) float64 { return mix(0.030, 0.105, step(0.6, 0.8, t)) }
		hairy = 1.2
	}
	if s.stance == sitting && s.tail.shape != curled && s.tail.shape != sabre && s.tail.shape != pompon {
		heading, bend = 0.05, 0.03
	}
	reach := s.tail.length / links
	for i := range links {
		angle := heading + bend*float64(i)
		to := at.add(vec{-math.Cos(angle), math.Sin(angle), s.wag * 0.5}.mul(reach))
		t0, t1 := float64(i)/links, float64(i+1)/links
		to.y = max(to.y, radius(t1))
		s.add(tailZone, at, radius(t0), to, radius(t1), 0.03, hairy)
		at = to
	}
}
