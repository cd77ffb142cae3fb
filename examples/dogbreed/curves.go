package main

import (
	"fmt"
	"image/color"
	"io"
	"os"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/cairnml/cairn/head"
)

var (
	fitColour  = color.RGBA{0x9a, 0xa5, 0xb1, 0xff}
	heldColour = color.RGBA{0xc8, 0x55, 0x3d, 0xff}
)

// drawCurves writes loss and accuracy over the epochs, side by side, as PNG.
func drawCurves(h head.History, file string) error {
	loss, err := chart("loss", h, func(e head.Epoch) (fit, held float64) { return e.Loss, e.ValLoss })
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	accuracy, err := chart("accuracy", h, func(e head.Epoch) (fit, held float64) { return e.Accuracy, e.ValAccuracy })
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	accuracy.Y.Max = 1
	accuracy.Legend.Top = false

	canvas := vgimg.NewWith(vgimg.UseWH(25*vg.Centimeter, 9*vg.Centimeter), vgimg.UseDPI(96))
	tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: vg.Centimeter, PadTop: vg.Millimeter * 3, PadBottom: vg.Millimeter * 3, PadRight: vg.Millimeter * 4, PadLeft: vg.Millimeter * 3}
	for i, p := range []*plot.Plot{loss, accuracy} {
		p.Draw(tiles.At(draw.New(canvas), i, 0))
	}
	return writeFile(file, func(w io.Writer) error {
		_, err := vgimg.PngCanvas{Canvas: canvas}.WriteTo(w)
		return err
	})
}

// chart draws one figure for the photos trained on and those held out, with a
// mark at the best epoch.
func chart(title string, h head.History, figure func(head.Epoch) (fit, held float64)) (*plot.Plot, error) {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "epoch"
	p.Y.Min = 0
	p.Legend.Top = true
	p.Add(plotter.NewGrid())
	fit, held := make(plotter.XYs, len(h)), make(plotter.XYs, len(h))
	for i, e := range h {
		fit[i].X, held[i].X = float64(e.N), float64(e.N)
		fit[i].Y, held[i].Y = figure(e)
	}
	for _, series := range []struct {
		name   string
		points plotter.XYs
		colour color.Color
	}{{"trained on", fit, fitColour}, {"held out", held, heldColour}} {
		line, err := plotter.NewLine(series.points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = series.colour, vg.Points(2)
		p.Add(line)
		p.Legend.Add(series.name, line)
	}
	if best := h.Best(); best >= 0 {
		mark, err := plotter.NewScatter(held[best : best+1])
		if err != nil {
			return nil, err
		}
		mark.Color, mark.Shape, mark.Radius = heldColour, draw.CircleGlyph{}, vg.Points(4)
		p.Add(mark)
		p.Legend.Add("best", mark)
	}
	return p, nil
}

// writeFile writes beside the file and renames, so that a picture is whole.
func writeFile(file string, write func(io.Writer) error) error {
	f, err := os.Create(file + ".tmp")
	if err != nil {
		return err
	}
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
