package cuda

import (
	"context"
	"fmt"
	"math"

	"github.com/cairnml/cairn/internal/resample"
)

// Pixels are a photo as bytes, [Height, Width, 3], and how it is resized to the
// input.
type Pixels struct {
	resample.Picture
	Resize resample.Plan
}

// Colors say what bytes mean, by channel of the input.
type Colors struct {
	Values [3][256]float32
	BGR    bool // the input has blue, green, red
}

// The structs of kernels/params.h, byte for byte.

type tap struct{ first, count, weights int32 }

type picture struct {
	pix, across, down, weights int64
	width, downFirst, bgr      int32
	_                          int32
}

type pixelParams struct {
	y     view
	table int64
}

// room is what the kernel reads: colors, pictures, and what these point to.
type room struct {
	buffer []byte
	length int
}

// take returns the next n bytes, which begin at a multiple of 8.
func (r *room) take(n int) (at int, bytes []byte, err error) {
	at = roundUp(r.length, 8)
	if n > len(r.buffer)-at {
		return 0, nil, fmt.Errorf("photos of a batch: want at most %d bytes with weights for resizing", len(r.buffer))
	}
	r.length = at + n
	return at, r.buffer[at:r.length], nil
}

// put copies values to the room, and returns where they begin.
func put[T any](r *room, values []T) (at int64, err error) {
	from := bytesOfSlice(values)
	start, to, err := r.take(len(from))
	copy(to, from)
	return int64(start), err
}

// fill writes everything for a batch of photos and returns how many bytes it takes.
func fill(buffer []byte, photos []Pixels, c Colors, width, height int) (int, error) {
	r := &room{buffer: buffer}
	if _, err := put(r, c.Values[:]); err != nil {
		return 0, err
	}
	begin := r.length
	at, _, err := r.take(len(photos) * len(bytesOf(&picture{})))
	if err != nil {
		return 0, err
	}
	for i, p := range photos {
		if err := p.check(width, height); err != nil {
			return 0, fmt.Errorf("photo %d: %w", i, err)
		}
		q, err := p.put(r, int64(begin))
		if err != nil {
			return 0, err
		}
		q.bgr = flag(c.BGR)
		copy(buffer[at+i*len(bytesOf(&q)):], bytesOf(&q))
	}
	return r.length, nil
}

func (p Pixels) put(r *room, begin int64) (picture, error) {
	var weights []int32
	taps := func(from []resample.Taps) []tap {
		list := make([]tap, len(from))
		for i, t := range from {
			list[i] = tap{int32(t.First), int32(len(t.Weights)), int32(len(weights))}
			weights = append(weights, t.Weights...)
		}
		return list
	}
	across, down := taps(p.Resize.Across), taps(p.Resize.Down)
	q := picture{width: int32(p.Width), downFirst: flag(p.Resize.DownFirst)}
	var errs [4]error
	q.across, errs[0] = put(r, across)
	q.down, errs[1] = put(r, down)
	q.weights, errs[2] = put(r, weights)
	q.pix, errs[3] = put(r, p.Pix)
	for _, at := range []*int64{&q.across, &q.down, &q.weights, &q.pix} {
		*at -= begin
	}
	for _, err := range errs {
		if err != nil {
			return q, err
		}
	}
	return q, nil
}

// check makes sure that the device reads nothing beside the photo.
func (p Pixels) check(width, height int) error {
	if p.Width < 1 || p.Height < 1 || p.Height > math.MaxInt32/3/p.Width || len(p.Pix) != 3*p.Width*p.Height {
		return fmt.Errorf("want 3 bytes for each of %d×%d pixels, got %d", p.Width, p.Height, len(p.Pix))
	}
	for _, side := range []struct {
		name       string
		taps       []resample.Taps
		want, size int
	}{{"columns", p.Resize.Across, width, p.Width}, {"rows", p.Resize.Down, height, p.Height}} {
		if len(side.taps) != side.want {
			return fmt.Errorf("want a plan for %d %s, got %d", side.want, side.name, len(side.taps))
		}
		for i, t := range side.taps {
			if t.First < 0 || len(t.Weights) > side.size-t.First {
				return fmt.Errorf("want a plan that reads %d %s, got one that reads %d to %d for %d", side.size, side.name, t.First, t.First+len(t.Weights)-1, i)
			}
		}
	}
	return nil
}

// RunPixels computes the outputs of photos as bytes, which the device resizes and
// scales.
func (m *Model) RunPixels(ctx context.Context, photos []Pixels, c Colors, outputs [][]float32) error {
	return m.do(ctx, func(s *session) error {
		in := s.program.arena.view(s.program.arena.plan.Input)
		if in.c != 3 || s.config.Pixels == 0 {
			return refused{fmt.Errorf("want a model of photos with room for their bytes")}
		}
		n, err := fill(s.in, photos, c, int(in.w), int(in.h))
		if err != nil {
			return refused{err}
		}
		if err := s.driver.upload(s.arena+4*pointer(s.program.arena.room), s.in[:n]); err != nil {
			return err
		}
		v := s.program.pixels.kernels[0]
		err = s.driver.launch(launch{kernel: s.functions[v.name], grid: v.grid(len(photos)), threads: v.threads, args: s.args(s.program.pixels, len(photos))})
		if err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
		return s.run(ctx, len(photos), outputs)
	})
}
