package kennel

import "math"

// blendMin is min(a, b) with the corner rounded over a width k: the union of
// two shapes given by their distances, with a fillet.
func blendMin(a, b, k float64) float64 {
	if k <= 0 {
		return min(a, b)
	}
	h := max(k-math.Abs(a-b), 0) / k
	return min(a, b) - h*h*k*0.25
}

// A point of the picture plane, in pixels, x right and y down.
type point struct{ x, y float64 }

// toSegment returns how far along the segment a–b the point nearest to p lies,
// in [0, 1], and its distance from p.
func toSegment(p, a, b point) (t, distance float64) {
	dx, dy := b.x-a.x, b.y-a.y
	px, py := p.x-a.x, p.y-a.y
	if n := dx*dx + dy*dy; n > 0 {
		t = (px*dx + py*dy) / n
		if t < 0 {
			t = 0
		} else if t > 1 {
			t = 1
		}
	}
	px, py = px-t*dx, py-t*dy
	return t, math.Sqrt(px*px + py*py)
}

// toPolygon is the distance from p to the polygon's edge, negative inside.
func toPolygon(p point, corners []point) float64 {
	best, inside := math.Inf(1), false
	for i, a := range corners {
		b := corners[(i+1)%len(corners)]
		if _, d := toSegment(p, a, b); d < best {
			best = d
		}
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(b.x-a.x)*(p.y-a.y)/(b.y-a.y) {
			inside = !inside
		}
	}
	if inside {
		return -best
	}
	return best
}
