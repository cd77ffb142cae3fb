package report

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"image/jpeg"
	"io/fs"
	"slices"
	"strings"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
)

// page is what the template shows.
type page struct {
	Title  string
	Epochs int
	Best   *head.Epoch
	Curves []template.HTML

	Rows, Wrong             int
	Accuracy, Top5, LogLoss float64
	Macro                   head.ClassScore
	CalibrationError        float64
	Reliability             template.HTML

	Classes    []classRow
	Pairs      []pair
	AllPairs   int // that were confused
	Matrix     template.HTML
	Mistakes   []mistake
	Unreadable int
}

type classRow struct {
	Name string
	head.ClassScore
	TakenFor string // most often
	Times    int
}

// pair is a class that was taken for another.
type pair struct {
	True, Predicted string
	Count, Rows     int
	Share           float64
}

type mistake struct {
	Photo           template.URL
	File            string
	True, Predicted string
	Given, Taken    float64 // probabilities of the two
}

const (
	mostPairs = 20
	mostWorst = 24
)

func (r Report) page() (*page, []chart, error) {
	p := &page{Title: r.Title, Epochs: len(r.History)}
	if p.Title == "" {
		p.Title = "Training report"
	}
	var charts []chart
	if len(r.History) > 0 {
		var err error
		if charts, err = curves(r.History); err != nil {
			return nil, nil, err
		}
		p.Best = &r.History[r.History.Best()]
		for _, c := range charts {
			drawn, err := svgOf(c.plot)
			if err != nil {
				return nil, nil, err
			}
			p.Curves = append(p.Curves, template.HTML(drawn))
		}
	}
	if r.Held == nil {
		return p, charts, nil
	}
	calibration, err := p.score(r.Held)
	if err != nil {
		return nil, nil, err
	}
	drawn, err := svgOf(calibration.plot)
	if err != nil {
		return nil, nil, err
	}
	p.Reliability = template.HTML(drawn)
	r.mistakes(p)
	return p, append(charts, calibration), nil
}

// score fills in the figures of the held-out rows.
func (p *page) score(h *Predictions) (chart, error) {
	if err := h.check(); err != nil {
		return chart{}, err
	}
	var errs [5]error
	var confusion head.Confusion
	var calibration head.Calibration
	p.Rows = len(h.Labels)
	p.Accuracy, errs[0] = head.CategoricalAccuracy(h.Probabilities, h.Labels)
	p.Top5, errs[1] = head.TopKAccuracy(h.Probabilities, h.Labels, 5)
	p.LogLoss, errs[2] = head.LogLoss(h.Probabilities, h.Labels)
	confusion, errs[3] = head.NewConfusion(h.Probabilities, h.Labels)
	calibration, errs[4] = head.NewCalibration(h.Probabilities, h.Labels, 0)
	if err := errors.Join(errs[:]...); err != nil {
		return chart{}, err
	}
	p.Macro, p.CalibrationError = confusion.Macro(), calibration.Error
	for t, s := range confusion.Scores() {
		row := classRow{Name: h.Classes[t], ClassScore: s}
		for c, n := range confusion[t] {
			if c == t || n == 0 {
				continue
			}
			p.Wrong += n
			p.Pairs = append(p.Pairs, pair{h.Classes[t], h.Classes[c], n, s.Rows, float64(n) / float64(s.Rows)})
			if n > row.Times {
				row.TakenFor, row.Times = h.Classes[c], n
			}
		}
		p.Classes = append(p.Classes, row)
	}
	slices.SortStableFunc(p.Pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Share, a.Share)) })
	p.AllPairs = len(p.Pairs)
	p.Pairs = p.Pairs[:min(len(p.Pairs), mostPairs)]
	p.Matrix = template.HTML(matrix(h.Classes, confusion))
	return reliability(calibration)
}

// mistakes collects the wrong rows whose own class got the least probability.
func (r Report) mistakes(p *page) {
	h := r.Held
	if r.Photos == nil || len(h.Files) == 0 {
		return
	}
	most := r.Worst
	if most <= 0 {
		most = mostWorst
	}
	var wrong []int
	for i, l := range h.Labels {
		if _, best := h.row(i); best != l {
			wrong = append(wrong, i)
		}
	}
	given := func(i int) float32 { row, _ := h.row(i); return row[h.Labels[i]] }
	slices.SortStableFunc(wrong, func(a, b int) int { return cmp.Compare(given(a), given(b)) })
	for _, i := range wrong[:min(most, len(wrong))] {
		row, best := h.row(i)
		picture, err := thumbnail(r.Photos, h.Files[i])
		if err != nil {
			p.Unreadable++
			continue
		}
		p.Mistakes = append(p.Mistakes, mistake{
			Photo: picture, File: h.Files[i], True: h.Classes[h.Labels[i]], Predicted: h.Classes[best],
			Given: float64(row[h.Labels[i]]), Taken: float64(row[best]),
		})
	}
}

const (
	thumbnailSize    = 240 // pixels of the longer side
	thumbnailQuality = 80
)

// thumbnail is a photo made small, as a data URL.
func thumbnail(fsys fs.FS, file string) (template.URL, error) {
	photo, err := data.ReadImage(fsys, file)
	if err != nil {
		return "", err
	}
	scale := min(thumbnailSize/float64(max(photo.Width, photo.Height)), 1)
	small := photo.Resize(max(int(scale*float64(photo.Width)), 1), max(int(scale*float64(photo.Height)), 1), data.Lanczos)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, small, &jpeg.Options{Quality: thumbnailQuality}); err != nil {
		return "", err
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

// matrix draws a confusion as SVG: a square for every pair that occurred, as
// strong as its share of the true class, with a title that says it in words.
func matrix(classes []string, c head.Confusion) string {
	n, scores := len(c), c.Scores()
	var s strings.Builder
	fmt.Fprintf(&s, `<svg class="matrix" viewBox="0 0 %d %d" role="img" aria-label="confusion matrix"><rect class="back" width="%d" height="%d"/>`, n, n, n, n)
	for t, row := range c {
		for p, count := range row {
			if count == 0 {
				continue
			}
			kind := "miss"
			if p == t {
				kind = "hit"
			}
			share := float64(count) / float64(scores[t].Rows)
			fmt.Fprintf(&s, `<rect class="%s" x="%d" y="%d" width="1" height="1" opacity="%.2f"><title>%s taken for %s: %d of %d</title></rect>`,
				kind, p, t, 0.3+0.7*share, template.HTMLEscapeString(classes[t]), template.HTMLEscapeString(classes[p]), count, scores[t].Rows)
		}
	}
	s.WriteString("</svg>")
	return s.String()
}
