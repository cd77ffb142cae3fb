package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vbauerster/cupwriter"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
)

// trainShown trains on stored rows and prints the epochs after those of history.
func trainShown(t *testing.T, out *bytes.Buffer, s *epochs) {
	t.Helper()
	f, err := data.OpenFeatures(os.DirFS(storedRows(t)))
	if err != nil {
		t.Fatal(err)
	}
	h, err := head.New(head.Config{Inputs: f.Width, Classes: f.Classes})
	if err != nil {
		t.Fatal(err)
	}
	for e, err := range h.Train(t.Context(), f, nil, head.Training{Epochs: 3, Batch: 100, Callbacks: []head.Callback{s}}) {
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(out.String(), "\n")
		s.print(e)
		if e.N > 1 && strings.Count(out.String(), "\n") != lines+1 {
			t.Errorf("epoch %d: want one line, got %q", e.N, out.String())
		}
	}
	s.summary()
}

func TestEpochsAreShown(t *testing.T) {
	var out, status bytes.Buffer
	s := newEpochs(&out, &status, nil)
	trainShown(t, &out, s)
	var table bytes.Buffer
	if err := s.history.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(table.String(), "  ← best", "")
	if text, rest, _ := strings.Cut(out.String(), "best of"); text != want || !strings.HasPrefix(rest, " 3 epochs: ") {
		t.Errorf("want the table\n%s, got\n%s", want, out.String())
	}
	if status.Len() > 0 {
		t.Errorf("no terminal: got %q", status.String())
	}
}

// On a terminal every line that is shown for a moment is removed before the next.
func TestEpochsOnATerminal(t *testing.T) {
	var terminal bytes.Buffer
	s := newEpochs(&terminal, &terminal, nil)
	s.live = cupwriter.New(&terminal, true)
	s.every = 0
	trainShown(t, &terminal, s)
	const erase = "\x1b[1A\x1b[J"
	text := terminal.String()
	moments := regexp.MustCompile(`epoch \d of 3, step \d of 9, loss (\d+\.\d{4})(?:, \S+ left at most)?\n`+regexp.QuoteMeta(erase)).FindAllStringSubmatch(text, -1)
	if len(moments) != 3*9 || strings.Count(text, erase) != len(moments) {
		t.Fatalf("want %d lines that are removed, got %d of %d", 3*9, len(moments), strings.Count(text, erase))
	}
	for i, e := range s.history {
		if got, want := moments[9*i+8][1], fmt.Sprintf("%.4f", e.Loss); got != want {
			t.Errorf("epoch %d: want the mean loss %s at its end, got %s", e.N, want, got)
		}
	}
}
