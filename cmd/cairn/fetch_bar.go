package main

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/cairnml/cairn/weights/fetch"
)

// bar shows how far a download is: drawn on a terminal, elsewhere a line every
// few seconds.
type bar struct {
	w        io.Writer
	terminal bool
	name     string

	drawn  *mpb.Progress // nil until bytes arrive
	filled *mpb.Bar
	text   atomic.Value // string, beside the bar

	begin time.Time // of the bytes that count for the rate
	first int64     // bytes that were there then
	last  time.Time // line, or change of the bar
}

const (
	lineEvery = 5 * time.Second
	drawEvery = 100 * time.Millisecond
)

func newBar(w io.Writer, name string) *bar {
	b := &bar{w: w, name: name}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		b.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return b
}

// show tells of a step.
func (b *bar) show(p fetch.Progress) {
	switch p.Step {
	case fetch.Wait:
		b.line("another process is fetching it, waiting")
	case fetch.Retry:
		b.line(fmt.Sprintf("%v; next try in %.1f s", p.Err, p.Pause.Seconds()))
	case fetch.Load:
		b.load(p)
	case fetch.Check:
		if p.Total > 1<<28 { // takes a second or more
			b.draw(p, "checking")
		}
	case fetch.Convert:
		b.draw(p, "converting")
	}
}

func (b *bar) load(p fetch.Progress) {
	now := time.Now()
	every := lineEvery
	if b.terminal {
		every = drawEvery
	}
	switch {
	case b.begin.IsZero():
		b.begin, b.first, b.last = now, p.Done, now
		if p.Done > 0 {
			b.line(fmt.Sprintf("goes on after %s", megabytes(p.Done)))
		}
	case p.Done < b.first: // it has started anew
		b.begin, b.first = now, p.Done
	case now.Sub(b.last) < every && p.Done != p.Total:
		return
	}
	b.last = now
	text := progressText(p.Done, p.Total, p.Done-b.first, now.Sub(b.begin))
	if b.terminal {
		b.draw(p, text)
	} else if now.Sub(b.begin) >= every || p.Done == p.Total {
		b.line(text)
	}
}

// draw changes the bar on a terminal.
func (b *bar) draw(p fetch.Progress, text string) {
	if !b.terminal {
		return
	}
	b.text.Store(text)
	if b.drawn == nil {
		b.drawn = mpb.New(mpb.WithOutput(b.w), mpb.WithAutoRefresh())
		b.filled = b.drawn.AddBar(0, // it is not complete before end says so
			mpb.PrependDecorators(decor.Name(b.name+" ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + b.text.Load().(string) })))
	}
	if p.Total > 0 {
		b.filled.SetTotal(p.Total, false)
		b.filled.SetCurrent(p.Done)
	}
}

// line prints a message, above the bar where there is one.
func (b *bar) line(text string) {
	w := b.w
	if b.drawn != nil {
		w = b.drawn
	}
	fmt.Fprintf(w, "%s: %s\n", b.name, text)
}

// end leaves the bar as it is.
func (b *bar) end() {
	if b.drawn != nil {
		b.filled.Abort(false)
		b.drawn.Wait()
	}
}

// progressText has what came in a time, its rate and the time that is left.
func progressText(done, total, came int64, took time.Duration) string {
	text := megabytes(done)
	if total > 0 {
		text += " of " + megabytes(total)
	}
	rate := float64(came) / took.Seconds()
	if !(rate > 0) || took < 100*time.Millisecond { // too early to tell
		return text
	}
	text += fmt.Sprintf(", %.1f MB/s", rate/1e6)
	switch left := float64(total-done) / rate; {
	case left <= 0:
	case left < 120:
		text += fmt.Sprintf(", %.0f s left", left)
	default:
		text += fmt.Sprintf(", %.0f min left", left/60)
	}
	return text
}
