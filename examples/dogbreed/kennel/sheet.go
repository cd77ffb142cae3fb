package kennel

import (
	"image"
	"image/color"
)

// ContactSheet draws the photos that [Write] would write, small, breed after
// breed, in rows of the given number of columns.
func ContactSheet(opt Options, columns int) (*image.RGBA, error) {
	opt, err := opt.filled()
	if err != nil {
		return nil, err
	}
	const width, height, gap = 200, 175, 4
	n := opt.Breeds * opt.Photos
	columns = min(max(columns, 1), n)
	rows := (n + columns - 1) / columns
	sheet := image.NewRGBA(image.Rect(0, 0, columns*(width+gap)-gap, rows*(height+gap)-gap))
	for i := range n {
		img, _ := photo(opt.Seed, i/opt.Photos, i%opt.Photos)
		x, y := i%columns*(width+gap), i/columns*(height+gap)
		shrink(sheet, image.Rect(x, y, x+width, y+height), img)
	}
	return sheet, nil
}

// shrink fills the box with the middle of the photo, each pixel the mean of
// those under it.
func shrink(sheet *image.RGBA, box image.Rectangle, photo *image.RGBA) {
	w, h := float64(photo.Rect.Dx()), float64(photo.Rect.Dy())
	scale := min(w/float64(box.Dx()), h/float64(box.Dy()))
	left, top := (w-scale*float64(box.Dx()))/2, (h-scale*float64(box.Dy()))/2
	for y := range box.Dy() {
		for x := range box.Dx() {
			x0, x1 := int(left+scale*float64(x)), int(left+scale*float64(x+1))
			y0, y1 := int(top+scale*float64(y)), int(top+scale*float64(y+1))
			var sum [3]int
			count := 0
			for v := y0; v < max(y1, y0+1); v++ {
				for u := x0; u < max(x1, x0+1); u++ {
					p := photo.Pix[photo.PixOffset(u, v):]
					sum[0], sum[1], sum[2] = sum[0]+int(p[0]), sum[1]+int(p[1]), sum[2]+int(p[2])
					count++
				}
			}
			sheet.SetRGBA(box.Min.X+x, box.Min.Y+y,
				color.RGBA{uint8(sum[0] / count), uint8(sum[1] / count), uint8(sum[2] / count), 255})
		}
	}
}
