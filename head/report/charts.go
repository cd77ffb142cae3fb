package report

import (
	"bytes"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/cairnml/cairn/head"
)

var (
	fitColour  = color.RGBA{0x7b, 0x87, 0x94, 0xff}
	heldColour = color.RGBA{0xc8, 0x55, 0x3d, 0xff}
	gridColour = color.RGBA{0xd9, 0xdd, 0xe2, 0xff}
)

const (
	chartWidth  = 12 * vg.Centimeter
	chartHeight = 7.5 * vg.Centimeter
	chartDPI    = 160 // of PNG
	rightMargin = 8   // points, for half of the last label
)

// chart is a plot and the name of its file, without ending.
type chart struct {
	name string
	plot *plot.Plot
}

// newPlot returns an empty plot in the report's style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label, &p.Legend.TextStyle} {
		s.Font.Variant = "Sans"
	}
	p.Title.Padding = vg.Points(8)
	p.Legend.Top = true
	p.Legend.Padding = vg.Points(3)
	grid := plotter.NewGrid()
	grid.Vertical.Width = 0
	grid.Horizontal.Color = gridColour
	p.Add(grid)
	return p
}

// addLine draws the points that are finite; marks shows each of them, too.
func addLine(p *plot.Plot, name string, points plotter.XYs, c color.Color, marks bool) error {
	points = slices.DeleteFunc(slices.Clone(points), func(v plotter.XY) bool { return math.IsNaN(v.Y) || math.IsInf(v.Y, 0) })
	if len(points) == 0 {
		return nil
	}
	line, dots, err := plotter.NewLinePoints(points)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, vg.Points(2)
	dots.Color, dots.Shape, dots.Radius = c, draw.CircleGlyph{}, vg.Points(2.5)
	p.Add(line)
	if marks || len(points) == 1 {
		p.Add(dots)
	}
	if name != "" {
		p.Legend.Add(name, line)
	}
	return nil
}

// curves draws loss, accuracy and learning rate over the epochs.
func curves(h head.History) ([]chart, error) {
	over := func(figure func(head.Epoch) float64) plotter.XYs {
		points := make(plotter.XYs, len(h))
		for i, e := range h {
			points[i] = plotter.XY{X: float64(e.N), Y: figure(e)}
		}
		return points
	}
	loss, accuracy := newPlot("Loss", "epoch", ""), newPlot("Accuracy", "epoch", "")
	for _, c := range []struct {
		plot      *plot.Plot
		fit, held func(head.Epoch) float64
	}{
		{loss, func(e head.Epoch) float64 { return e.Loss }, func(e head.Epoch) float64 { return e.ValLoss }},
		{accuracy, func(e head.Epoch) float64 { return e.Accuracy }, func(e head.Epoch) float64 { return e.ValAccuracy }},
	} {
		if err := addLine(c.plot, "trained on", over(c.fit), fitColour, false); err != nil {
			return nil, err
		}
		if err := addLine(c.plot, "held out", over(c.held), heldColour, false); err != nil {
			return nil, err
		}
		if best := h[h.Best()]; best.ValRows > 0 && !math.IsNaN(c.held(best)) {
			mark, err := plotter.NewScatter(plotter.XYs{{X: float64(best.N), Y: c.held(best)}})
			if err != nil {
				return nil, err
			}
			mark.Color, mark.Shape, mark.Radius = heldColour, draw.CircleGlyph{}, vg.Points(4)
			c.plot.Add(mark)
			c.plot.Legend.Add("best epoch", mark)
		}
		c.plot.Y.Min = 0
	}
	accuracy.Y.Max, accuracy.Y.Tick.Marker, accuracy.Legend.Top = 1, percentTicks, false

	rate := newPlot("Learning rate", "epoch", "")
	if err := addLine(rate, "", over(func(e head.Epoch) float64 { return e.LearningRate }), fitColour, false); err != nil {
		return nil, err
	}
	if low, high := rate.Y.Min, rate.Y.Max; low > 0 && high > 3*low {
		rate.Y.Scale, rate.Y.Tick.Marker = plot.LogScale{}, rateTicks(h)
	} else {
		rate.Y.Min = 0
	}
	return []chart{{"loss", loss}, {"accuracy", accuracy}, {"learning_rate", rate}}, nil
}

// rateTicks labels the rates that were used, those apart from one another.
func rateTicks(h head.History) plot.ConstantTicks {
	const apart = 1.5
	var rates []float64
	for _, e := range h {
		rates = append(rates, e.LearningRate)
	}
	slices.Sort(rates)
	var ticks plot.ConstantTicks
	for _, r := range rates {
		if n := len(ticks); n == 0 || r > apart*ticks[n-1].Value {
			ticks = append(ticks, plot.Tick{Value: r, Label: strconv.FormatFloat(r, 'g', 3, 64)})
		}
	}
	return ticks
}

var percentTicks = plot.ConstantTicks{
	{Value: 0, Label: "0 %"}, {Value: 0.25, Label: "25 %"}, {Value: 0.5, Label: "50 %"}, {Value: 0.75, Label: "75 %"}, {Value: 1, Label: "100 %"},
}

// reliability draws how often a head is right against how sure it is.
func reliability(c head.Calibration) (chart, error) {
	p := newPlot("How sure, how right", "probability of the predicted class", "share that is right")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 1, 0, 1
	p.X.Tick.Marker, p.Y.Tick.Marker = percentTicks, percentTicks
	ideal, err := plotter.NewLine(plotter.XYs{{X: 0, Y: 0}, {X: 1, Y: 1}})
	if err != nil {
		return chart{}, err
	}
	ideal.Color, ideal.Width, ideal.Dashes = fitColour, vg.Points(1.2), []vg.Length{vg.Points(5), vg.Points(4)}
	p.Add(ideal)
	p.Legend.Add("perfect", ideal)
	p.Legend.Left = true
	var points plotter.XYs
	for _, b := range c.Bins {
		if b.Rows > 0 {
			points = append(points, plotter.XY{X: b.Confidence, Y: b.Accuracy})
		}
	}
	return chart{"calibration", p}, addLine(p, "this head", points, heldColour, true)
}

// svgOf draws a plot without background, to stand within a page.
func svgOf(p *plot.Plot) ([]byte, error) {
	p.BackgroundColor = color.Transparent
	canvas := vgsvg.New(chartWidth, chartHeight)
	p.Draw(draw.Crop(draw.New(canvas), 0, -rightMargin, 0, 0))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	return b.Bytes()[max(bytes.Index(b.Bytes(), []byte("<svg")), 0):], nil
}

// pngOf draws a plot on white.
func pngOf(p *plot.Plot) ([]byte, error) {
	p.BackgroundColor = color.White
	canvas := vgimg.NewWith(vgimg.UseWH(chartWidth, chartHeight), vgimg.UseDPI(chartDPI))
	p.Draw(draw.Crop(draw.New(canvas), 0, -rightMargin, 0, 0))
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(&b)
	return b.Bytes(), err
}
