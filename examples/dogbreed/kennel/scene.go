package kennel

import "math"

// scene is what stands behind and under the dog. Coordinates: x in [0, 1] from
// left to right, y in the same unit, down from the horizon.
type scene struct {
	outdoors bool
	color    func(x, y float64) rgb
	cover    func(x, y float64) float64 // how high the ground hides the feet, 0 to 1; may be nil
}

var scenes = [...]func(dice) scene{meadow, snow, beach, room, street, forest}

// speckle is the brightness of ground that is seen at a slant: finer towards
// the horizon.
func speckle(x, y, fineness float64, seed uint32) float64 {
	depth := 1 / (0.25 + max(y, 0))
	return noise((x-0.5)*fineness*depth, 40*math.Log(0.12+max(y, 0)), seed)
}

func sky(d dice) func(y float64) rgb {
	top, low := hex(0x6f9fd0), hex(0xd6e4ea)
	switch d.IntN(3) {
	case 1:
		top, low = hex(0xa9b4bd), hex(0xdcdedd)
	case 2:
		top, low = hex(0x8aa3c8), hex(0xf0d2ae)
	}
	return func(y float64) rgb { return low.mix(top, clamp(-y/0.5, 0, 1)) }
}

func meadow(d dice) scene {
	heaven, seed := sky(d), d.Uint32()
	lush := hex(0x6f9440).mix(hex(0xa59a52), d.Float64())
	dark := lush.mul(0.55)
	hill, wood := d.between(0.03, 0.14), d.between(0.05, 0.30)
	flower := hex(0xe8d35a)
	if d.chance(0.5) {
		flower = hex(0xe9e4ee)
	}
	return scene{outdoors: true,
		color: func(x, y float64) rgb {
			if y < 0 {
				ridge := hill * (0.4 + noise(x*2.2, 0, seed))
				trees := wood*(0.3+clouds(x*7, 1, 3, seed+1)) - 0.05
				switch {
				case -y < trees:
					return dark.mix(hex(0x7d947b), 0.25).mul(0.75 + 0.5*clouds(x*22, y*22, 2, seed+2))
				case -y < ridge:
					return lush.mix(hex(0x93aab0), 0.5)
				}
				return heaven(y).mix(rgb{1, 1, 1}, 0.7*step(0.55, 0.75, clouds(x*3, y*7, 3, seed+3)))
			}
			c := lush.mul(0.62 + 0.4*speckle(x, y, 18, seed+4) + 0.45*(noise(x*90, y*28, seed+5)-0.3))
			if dot, id := cells(x*26, y*40, seed+6); id > 0.86 {
				c = c.mix(flower, step(0.16, 0.08, dot))
			}
			return c
		},
		cover: func(x, y float64) float64 { return 1.1 * noise(x*130, y*5, seed+7) }}
}

func snow(d dice) scene {
	heaven, seed := sky(d), d.Uint32()
	white, blue := hex(0xeef1f5), hex(0xb4c4da)
	tall, gap := d.between(0.14, 0.42), d.between(4, 9)
	return scene{outdoors: true,
		color: func(x, y float64) rgb {
			if y < 0 {
				for _, layer := range [...]float64{0, 1} {
					at := x*gap + 0.37*layer
					column := math.Floor(at)
					height := tall * (0.5 + 0.7*lattice(int32(column), int32(layer), seed)) * (1 - 0.25*layer)
					up := -y / height
					wide := 0.5 * (1 - up) * (0.75 + 0.35*math.Abs(math.Mod(up*6, 1)))
					if up < 1 && math.Abs(at-column-0.5) < wide {
						return hex(0x3c5148).mix(white, 0.25*layer+0.45*step(0.5, 0.7, noise(at*9, y*40, seed+2)))
					}
				}
				return heaven(y)
			}
			drift := clouds(x*3, y*9, 3, seed+1)
			return blue.mix(white, step(0.25, 0.6, drift)).mul(0.96 + 0.06*noise(x*200, y*200, seed))
		},
		cover: func(x, y float64) float64 { return 0.2 + 0.4*noise(x*12, 0, seed+5) }}
}

func beach(d dice) scene {
	heaven, seed := sky(d), d.Uint32()
	sand := hex(0xd9c29a).mix(hex(0xb79f82), d.Float64())
	sea := hex(0x4f8aa0).mix(hex(0x6b8f8c), d.Float64())
	shore, sail := d.between(0.03, 0.12), d.between(0.05, 0.95)
	return scene{outdoors: true,
		color: func(x, y float64) rgb {
			switch wet := y - shore - 0.02*noise(x*6, 0, seed); {
			case y < 0:
				if up := -y / 0.11; up < 1 && math.Abs(x-sail-0.01*up) < 0.03*(1-up) {
					return hex(0xf2eee6)
				}
				return heaven(y).mix(rgb{1, 1, 1}, 0.6*step(0.5, 0.75, clouds(x*2.5, y*8, 3, seed+3)))
			case wet < 0:
				foam := step(0.62, 0.8, noise(x*14, y*120, seed+1))
				return sea.mul(0.85+0.3*noise(x*6, y*90, seed)).mix(rgb{1, 1, 1}, 0.5*foam+0.7*step(-0.012, 0, wet))
			default:
				grain := 0.86 + 0.16*noise(x*240, y*240, seed+2)
				return sand.mul(0.80 + 0.2*step(0, 0.08, wet)).mul(grain + 0.22*(speckle(x, y, 10, seed+4)-0.5))
			}
		},
		cover: func(x, y float64) float64 { return 0.4 * noise(x*20, 0, seed+5) }}
}

func room(d dice) scene {
	seed := d.Uint32()
	walls := [...]uint32{0xb9c3bb, 0xd8c9b0, 0x9fb0c0, 0xc7a99a, 0xe3ddd0, 0x8d9a86}
	wall := hex(walls[d.IntN(len(walls))])
	wood := hex(0x9a6b42).mix(hex(0xc9a377), d.Float64())
	rug := hex(walls[d.IntN(len(walls))]).tint(hex(0xd08070))
	carpet, striped := d.chance(0.5), d.chance(0.5)
	left, wide, low := d.between(0.05, 0.65), d.between(0.16, 0.34), d.between(0.12, 0.25)
	view := hex(0xbcd6e6)
	if d.chance(0.5) {
		view = hex(0x54606c)
	}
	planks := d.between(7, 13)
	return scene{
		color: func(x, y float64) rgb {
			if y < 0 {
				fx, fy := (x-left)/wide, (-y-low)/(wide*1.2)
				switch {
				case y > -0.035:
					return hex(0xe9e4da).mul(0.9 + 0.1*step(-0.035, -0.02, y))
				case fx > 0 && fx < 1 && fy > 0 && fy < 1:
					if min(fx, 1-fx) < 0.07 || min(fy, 1-fy) < 0.06 || math.Abs(fx-0.5) < 0.03 {
						return hex(0xf0ece2)
					}
					return view.mix(rgb{1, 1, 1}, 0.4*noise(fx*3, fy*3, seed))
				case striped:
					return wall.mul(0.94 + 0.09*step(-0.2, 0.2, math.Sin(x*70)))
				}
				return wall.mul(0.95 + 0.07*clouds(x*5, y*5, 2, seed))
			}
			depth := y + 0.35
			across := (x - 0.5) / depth * planks * 0.4
			if r := math.Hypot((x-0.5)/0.62, (y-0.22)/0.17); carpet && r < 1 {
				return rug.mul(0.85+0.15*noise(x*220, y*220, seed)).mix(hex(0xe8dcc4), step(0.84, 0.86, r)*step(0.95, 0.93, r))
			}
			board := lattice(int32(math.Floor(across)), 3, seed)
			edge := math.Abs(across-math.Round(across)) * depth
			c := wood.mul(0.8 + 0.25*board + 0.18*(noise(across*7, math.Log(depth)*30+board*50, seed+1)-0.5))
			return c.mul(1 - 0.35*step(0.02, 0.004, edge))
		}}
}

func street(d dice) scene {
	seed := d.Uint32()
	bricks := [...]uint32{0x9b5a45, 0xb9a58c, 0x8a8a88, 0xc4b9a4}
	brick := hex(bricks[d.IntN(len(bricks))])
	stone := hex(0x8b8b8d).mix(hex(0xb3aca2), d.Float64())
	door := hex([...]uint32{0x2f5d62, 0x6b2f2f, 0x34495e, 0x5b6b3a}[d.IntN(4)])
	left, kerb := d.between(-0.05, 0.8), d.between(0.04, 0.10)
	rows := d.between(22, 34)
	return scene{outdoors: true,
		color: func(x, y float64) rgb {
			if y < 0 {
				if fx := (x - left) / 0.22; fx > 0 && fx < 1 && y > -0.46 {
					panel := math.Abs(math.Mod(fx*2, 1)-0.5) < 0.32 && math.Abs(math.Mod(-y*6, 1)-0.5) < 0.36
					if panel {
						return door.mul(0.82)
					}
					return door
				}
				row := math.Floor(y * rows)
				bx := x*rows*0.45 + 0.5*math.Mod(math.Abs(row), 2)
				id := lattice(int32(math.Floor(bx)), int32(row), seed)
				fx, fy := bx-math.Floor(bx), y*rows-row
				joint := min(min(fx, 1-fx)*2.2, min(fy, 1-fy))
				return brick.mul(0.82+0.3*id).mix(hex(0xb8b0a4), step(0.10, 0.04, joint))
			}
			if y < kerb {
				return stone.mul(0.62 + 0.5*y/kerb)
			}
			depth := y + 0.3
			across, ahead := (x-0.5)/depth*3.2, math.Log(depth)*9
			fx, fy := math.Abs(across-math.Round(across)), math.Abs(ahead-math.Round(ahead))
			slab := 0.9 + 0.12*lattice(int32(math.Floor(across+0.5)), int32(math.Floor(ahead+0.5)), seed)
			grit := 0.9 + 0.2*noise(x*260, y*260, seed)
			return stone.mul(slab * grit * (1 - 0.4*step(0.03, 0.01, min(fx, fy))))
		}}
}

func forest(d dice) scene {
	seed := d.Uint32()
	leaf := hex(0x5d7a3a).mix(hex(0xb08a3c), d.Float64())
	litter := hex(0x7a5a3c).mix(hex(0x5f6b3c), d.Float64())
	mist := hex(0xc3cfae).mix(hex(0xd9cfae), d.Float64())
	gap := d.between(4, 8)
	return scene{outdoors: true,
		color: func(x, y float64) rgb {
			if y < 0.02 {
				light := clouds(x*8, y*8, 3, seed)
				c := leaf.mul(0.6).mix(mist, step(0.35, 0.75, light))
				for layer := range int32(3) {
					k := float64(layer)
					at := x*(gap+3*(2-k)) + 0.41*k
					column := math.Floor(at)
					r := lattice(int32(column), layer, seed+3)
					if off := at - column - 0.3 - 0.4*r; math.Abs(off) < 0.09+0.10*r {
						bark := 0.7 + 0.5*noise(at*30, y*9, seed+4)
						round := 1 - 1.5*math.Abs(off+0.05)/0.2
						c = hex(0x54453a).mul(bark*(0.5+0.5*round)).mix(mist, 0.45-0.2*k)
					}
				}
				return c
			}
			d, id := cells(x*34/(0.4+y), 26*math.Log(0.3+y), seed+5)
			c := litter.mul(0.6 + 0.5*id)
			if id > 0.7 {
				c = leaf.mul(0.7 + 0.8*(id-0.6))
			}
			return c.mul(1.1 - 0.5*d)
		},
		cover: func(x, y float64) float64 { return 0.9 * noise(x*45, y*12, seed+7) }}
}
