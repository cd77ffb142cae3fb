package main

import (
	"encoding/json"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/cairnml/cairn/stack"
)

// reporter tells people or programs how an extraction goes.
type reporter interface {
	progress(stack.Progress)
	message(string)
	end(summary string) // "" after an error
}

// newReporter returns the reporter of --progress: JSON goes to out, all else to
// status, but the summary.
func newReporter(kind string, out, status io.Writer) (reporter, error) {
	switch kind {
	case "auto":
		if cupwriter.New(status, false).IsTerminal() {
			return &barReporter{out: out, status: status}, nil
		}
		return &lineReporter{out: out, status: status, last: time.Now()}, nil
	case "bar":
		return &barReporter{out: out, status: status}, nil
	case "lines":
		return &lineReporter{out: out, status: status, last: time.Now()}, nil
	case "json":
		return &jsonReporter{out: out}, nil
	case "none":
		return quiet{out: out, status: status}, nil
	}
	return nil, fmt.Errorf("--progress: want auto, bar, lines, json or none, got %q", kind)
}

// describe is one line.
func describe(p stack.Progress) string {
	s := fmt.Sprint(p.Done)
	if p.Total > 0 {
		s += fmt.Sprintf(" of %d", p.Total)
	}
	s += fmt.Sprintf(" photos, %.1f a second", p.Rate)
	if p.Left > 0 {
		s += fmt.Sprintf(", %v left", p.Left.Round(time.Second))
	}
	if p.Cached > 0 {
		s += fmt.Sprintf(", %d cached", p.Cached)
	}
	if p.Bad > 0 {
		s += fmt.Sprintf(", %d bad", p.Bad)
	}
	return s
}

// lineReporter prints a line now and then.
type lineReporter struct {
	out, status io.Writer
	last        time.Time
	latest      stack.Progress
	printed     int // photos done in the last line
}

func (r *lineReporter) progress(p stack.Progress) {
	const every = 5 * time.Second
	r.latest = p
	if now := time.Now(); now.Sub(r.last) >= every {
		r.last, r.printed = now, p.Done
		fmt.Fprintln(r.status, describe(p))
	}
}

func (r *lineReporter) message(s string) { fmt.Fprintln(r.status, s) }

func (r *lineReporter) end(summary string) {
	if r.latest.Done != r.printed {
		fmt.Fprintln(r.status, describe(r.latest))
	}
	if summary != "" {
		fmt.Fprintln(r.out, summary)
	}
}

// barReporter draws a bar that moves.
type barReporter struct {
	out, status io.Writer
	bars        *mpb.Progress
	bar         *mpb.Bar
	line        atomic.Pointer[string] // beside the bar, which is drawn by another goroutine
}

func (r *barReporter) progress(p stack.Progress) {
	line := describe(p)
	r.line.Store(&line)
	if r.bars == nil {
		r.bars = mpb.New(mpb.WithOutput(r.status), mpb.WithWidth(30), mpb.WithAutoRefresh())
		r.bar = r.bars.New(int64(p.Total), mpb.BarStyle(), mpb.AppendDecorators(
			decor.Any(func(decor.Statistics) string { return " " + *r.line.Load() }),
		))
	}
	r.bar.SetCurrent(int64(p.Done))
}

func (r *barReporter) message(s string) {
	if r.bars == nil {
		fmt.Fprintln(r.status, s)
		return
	}
	fmt.Fprintln(r.bars, s) // above the bar
}

func (r *barReporter) end(summary string) {
	if r.bars != nil {
		r.bar.Abort(false) // it stays as it is
		r.bars.Wait()
	}
	if summary != "" {
		fmt.Fprintln(r.out, summary)
	}
}

// jsonReporter prints objects for programs.
type jsonReporter struct {
	out    io.Writer
	last   time.Time
	latest stack.Progress
}

// jsonProgress is what --progress json prints a line of.
type jsonProgress struct {
	Event   string  `json:"event"` // progress, bad or end
	Done    int     `json:"done"`
	Total   int     `json:"total"` // 0 if not known
	Cached  int     `json:"cached"`
	Bad     int     `json:"bad"`
	Rate    float64 `json:"rate"`      // photos a second lately
	Left    float64 `json:"left_s"`    // 0 if not known
	Elapsed float64 `json:"elapsed_s"` // since the start
	Message string  `json:"message,omitempty"`
}

func (r *jsonReporter) print(event, message string) {
	p := r.latest
	text, err := json.Marshal(jsonProgress{
		event, p.Done, p.Total, p.Cached, p.Bad, round(p.Rate, 2), round(p.Left.Seconds(), 1), round(p.Elapsed.Seconds(), 1), message,
	})
	if err == nil { // always, of numbers that are finite
		fmt.Fprintf(r.out, "%s\n", text)
	}
}

func (r *jsonReporter) progress(p stack.Progress) {
	r.latest = p
	if now := time.Now(); now.Sub(r.last) >= time.Second {
		r.last = now
		r.print("progress", "")
	}
}

func (r *jsonReporter) message(s string) { r.print("bad", s) }

func (r *jsonReporter) end(summary string) { r.print("end", summary) }

// quiet tells only of what is left out, and the summary.
type quiet struct{ out, status io.Writer }

func (quiet) progress(stack.Progress) {}

func (r quiet) message(s string) { fmt.Fprintln(r.status, s) }

func (r quiet) end(summary string) {
	if summary != "" {
		fmt.Fprintln(r.out, summary)
	}
}
