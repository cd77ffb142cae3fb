package kennel

// headFrame places parts of the head: coordinates are in skull radii, the
// muzzle along x, z to the dog's left.
type headFrame struct {
	*skeleton
	center vec
	turned mat
	unit   float64
}

func (h *headFrame) at(x, y, z float64) vec {
	return h.center.add(h.turned.apply(vec{x, y, z}).mul(h.unit))
}

// link adds a bone; its radii are in skull radii too.
func (h *headFrame) link(z zone, a vec, ra float64, b vec, rb, blend, hair float64) {
	h.bones = append(h.bones, bone{zone: z, a: a, b: b, ra: ra * h.unit, rb: rb * h.unit,
		out: h.turned.apply(vec{0, 0, 1}), blend: blend, hair: hair})
}

func (h *headFrame) ball(z zone, x, y, side, r, blend, hair float64) {
	h.link(z, h.at(x-0.02, y, side), r, h.at(x+0.02, y, side), r, blend, hair)
}

func (h *headFrame) sheet(z zone, round, hair float64, corners ...vec) {
	placed := make([]vec, len(corners))
	for i, c := range corners {
		placed[i] = h.at(c.x, c.y, c.z)
	}
	h.bones = append(h.bones, bone{zone: z, sheet: placed, ra: round * h.unit,
		a: placed[0], b: placed[len(placed)/2], out: h.turned.apply(vec{0, 0, 1}), hair: hair})
}

func (s *skeleton) drawHead(center vec) {
	b := s.build
	h := &headFrame{s, center, tilt(s.pitch).then(nod(s.roll)).then(turn(s.yaw)), b.skull}
	// nod after tilt leans the head about its own forward axis only while it
	// looks at the viewer, which is when a lean shows.
	long := b.muzzle / b.skull
	snout := b.snout / b.skull
	tip := 0.62 + long

	for _, side := range []float64{-1, 1} {
		if s.ear.shape != drooping && s.ear.shape != button {
			h.drawEar(side)
		}
	}
	h.ball(head, 0, 0, 0, 1, 0.06, 0.8)
	h.link(head, h.at(0.10, 0.16, 0), 0.86, h.at(0.46, 0.10, 0), 0.60, 0.05, 0.5)
	for _, side := range []float64{-1, 1} {
		h.ball(head, 0.16, -0.30, 0.46*side, 0.58, 0.06, 0.8)
	}
	if s.hair.ruff {
		for _, side := range []float64{-1, 1} {
			h.ball(head, -0.10, -0.55, 0.62*side, 0.55, 0.08, 1.6)
		}
	}
	if s.hair.kind == curly {
		h.ball(head, -0.05, 0.62, 0, 0.72, 0.06, 1.1)
	}
	// the lower jaw, the tongue, then the muzzle over both
	h.link(muzzle, h.at(0.40, -0.62, 0), 0.34, h.at(tip-0.10, -0.40-0.62*snout, 0), 0.50*snout, 0.04, 0.4)
	h.drawTongue(tip, snout)
	h.link(lip, h.at(0.62, -0.50-0.45*snout, 0), 0.10, h.at(tip+0.30*snout, -0.30-0.55*snout, 0), 0.05, 0, 0)
	h.link(muzzle, h.at(0.42, -0.22, 0), max(0.52, snout), h.at(tip, -0.28, 0), snout, 0.06, 0.4)
	if long < 0.9 && snout > 0.5 { // heavy lips
		for _, side := range []float64{-1, 1} {
			h.link(muzzle, h.at(tip-0.25, -0.42, 0.34*side), 0.62*snout, h.at(tip+0.10, -0.50, 0.26*side), 0.52*snout, 0.05, 0.4)
		}
	}
	if s.hair.beard {
		h.link(muzzle, h.at(tip-0.45, -0.62, 0), 0.42, h.at(tip+0.05, -0.98, 0), 0.30, 0.05, 2.2)
		for _, side := range []float64{-1, 1} {
			h.link(head, h.at(0.66, 0.44, 0.36*side), 0.20, h.at(1.00, 0.30, 0.40*side), 0.12, 0.02, 1.6)
		}
	}
	h.link(nose, h.at(tip+0.55*snout, -0.20+0.34*snout, 0), 0.17+0.10*snout, h.at(tip+0.85*snout, -0.24+0.34*snout, 0), 0.15+0.10*snout, 0, 0)
	for _, side := range []float64{-1, 1} {
		h.ball(eye, 0.73, 0.18, 0.52*side, 0.24, 0, 0)
	}
	for _, side := range []float64{-1, 1} {
		if s.ear.shape == drooping || s.ear.shape == button {
			h.drawEar(side)
		}
	}
}

// drawTongue always adds its bone, for a closed mouth inside the jaw.
func (h *headFrame) drawTongue(tip, snout float64) {
	hang := 0.9 * h.tongue
	h.link(tongue, h.at(tip-0.35, -0.40-0.5*snout, 0), 0.16, h.at(tip-0.02, -0.42-0.55*snout-hang, 0), 0.15+0.05*h.tongue, 0, 0)
}

// inner adds the pink of an ear, seen from ahead and from its own side.
func (h *headFrame) inner(side, round float64, corners ...vec) {
	h.sheet(innerEar, round, 0.2, corners...)
	h.bones[len(h.bones)-1].open = h.turned.apply(vec{0.9, 0, 0.45 * side}).unit()
}

func (h *headFrame) drawEar(side float64) {
	k := h.ear.size
	p := func(x, y, z float64) vec { return vec{x, y, z * side} }
	hair := 0.5
	if h.hair.kind == long || h.hair.kind == curly {
		hair = 1.3
	}
	switch h.ear.shape {
	case pricked:
		tip := p(-0.12, 0.75+0.95*k, 0.62+0.18*k)
		h.sheet(earZone, 0.13, 0.4, p(0.22, 0.70, 0.26), tip, p(-0.42, 0.48, 0.86))
		h.inner(side, 0.05, p(0.22, 0.74, 0.36), tip.mix(p(0, 0.7, 0.5), 0.22), p(-0.24, 0.62, 0.78))
	case bat:
		h.sheet(earZone, 0.20, 0.3, p(0.20, 0.62, 0.40), p(0.16, 1.20*k, 0.46), p(0, 1.55*k, 0.78), p(-0.18, 1.25*k, 1.10), p(-0.32, 0.45, 0.88))
		h.inner(side, 0.08, p(0.22, 0.72, 0.52), p(0.18, 1.20*k, 0.56), p(0.05, 1.45*k, 0.78), p(-0.10, 1.20*k, 0.98), p(-0.20, 0.60, 0.84))
	case drooping: // outside the cheeks, which reach to 1.04
		h.sheet(earZone, 0.16, hair, p(0.18, 0.58, 0.80), p(-0.36, 0.52, 0.84), p(-0.60, -0.25*k, 1.14), p(-0.48, -1.05*k, 1.22), p(-0.16, -1.28*k, 1.24), p(0.14, -0.95*k, 1.24), p(0.18, -0.1, 1.16))
	case button:
		h.sheet(earZone, 0.12, hair*0.6, p(-0.30, 0.50, 0.82), p(-0.16, 0.72+0.42*k, 0.66), p(0.16, 0.80+0.36*k, 0.52), p(0.52, 0.52-0.10*k, 0.80), p(0.12, 0.44, 0.90))
	case rose:
		h.sheet(earZone, 0.11, 0.3, p(0.08, 0.62, 0.60), p(-0.20, 0.78, 0.66), p(-0.62-0.55*k, 0.50, 0.84), p(-0.50, 0.28, 0.90), p(-0.12, 0.36, 0.86))
	}
}
