package golden

import "fmt"

// Image returns one of the closed-form test pictures, noise, smooth or checker,
// as RGB bytes [h, w, 3]. The specification is in the README of the network
// cases, section 2.
func Image(seedName, kind string, h, w int) ([]uint8, error) {
	seed := Hash(seedName + "/image/" + kind)
	pix := make([]uint8, h*w*3)
	switch kind {
	case "noise":
		for i := range pix {
			pix[i] = uint8(Word(seed, i) >> 56)
		}
	case "smooth":
		smooth(pix, seed, h, w)
	case "checker":
		checker(pix, seed, h, w)
	default:
		return nil, fmt.Errorf("golden: no picture %q", kind)
	}
	return pix, nil
}

// smooth paints eight discs on a gradient.
func smooth(pix []uint8, seed uint64, h, w int) {
	r := func(i int) int { return int(Word(seed, i) >> 32) }
	m := min(h, w)
	for y := range h {
		for x := range w {
			v := [3]int{x * 255 / (w - 1), y * 255 / (h - 1), 255 - x*128/(w-1) - y*127/(h-1)}
			for d := 0; d < 48; d += 6 {
				cx, cy, radius := r(d)%w, r(d+1)%h, m/16+r(d+2)%(m/4+1)
				d2, rr := (x-cx)*(x-cx)+(y-cy)*(y-cy), radius*radius+1
				if d2 >= rr {
					continue
				}
				for c := range v {
					v[c] = (r(d+3+c)%256*(rr-d2) + v[c]*d2) / rr
				}
			}
			for c := range v {
				pix[(y*w+x)*3+c] = uint8(v[c])
			}
		}
	}
}

// checker paints ramps on a chequered ground.
func checker(pix []uint8, seed uint64, h, w int) {
	r := func(i int) int { return int(Word(seed, i) >> 32) }
	px, py := 5+r(0)%12, 5+r(1)%12
	for y := range h {
		for x := range w {
			odd := (x/px+y/py)%2 == 1
			for c := range 3 {
				lo, hi := r(2+2*c)%128, 128+r(3+2*c)%128
				ramp := ((x*(c+1)+y*(3-c))*2 + r(8+c)) % 64
				v := lo + ramp
				if odd {
					v = hi - ramp
				}
				pix[(y*w+x)*3+c] = uint8(v)
			}
		}
	}
}
