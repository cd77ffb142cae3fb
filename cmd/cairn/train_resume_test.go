package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
)

// killedCommand is set for the child that TestKilledTrainGoesOn kills: its
// arguments, separated by line feeds.
const killedCommand = "CAIRN_TEST_KILLED_COMMAND"

func TestChildCommand(t *testing.T) {
	args := os.Getenv(killedCommand)
	if args == "" {
		t.Skip("runs as a child of TestKilledTrainGoesOn")
	}
	if _, err := run(t, strings.Split(args, "\n")...); err != nil {
		t.Fatal(err)
	}
}

// storedRows writes features that no stack has made into a folder: rows around
// one mean a class.
func storedRows(t *testing.T) string {
	t.Helper()
	const rows, width, classes = 900, 200, 6
	r := rand.New(rand.NewPCG(5, 1))
	f := &data.Features{Width: width}
	means := make([]float32, classes*width)
	for i := range means {
		means[i] = float32(r.NormFloat64()) / 4
	}
	for i := range classes {
		f.Classes = append(f.Classes, fmt.Sprint("class ", i))
	}
	for i := range rows {
		f.Labels = append(f.Labels, i%classes)
		for j := range width {
			f.X = append(f.X, 3+means[i%classes*width+j]+float32(r.NormFloat64()))
		}
	}
	dir := filepath.Join(t.TempDir(), "features")
	if err := f.Save(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// whatIsLeft of a training: the weights of its head and its history.
func whatIsLeft(t *testing.T, dir string) string {
	t.Helper()
	h, err := head.Open(os.DirFS(filepath.Join(dir, "head")))
	if err != nil {
		t.Fatal(err)
	}
	history, err := os.ReadFile(filepath.Join(dir, "history.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "checkpoint")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want no checkpoint after the end, got %v", err)
	}
	return h.Fingerprint() + "\n" + string(history)
}

func TestKilledTrainGoesOn(t *testing.T) {
	features, root := storedRows(t), t.TempDir()
	args := func(out string, more ...string) []string {
		return append([]string{"train", "--features", features, "--out", filepath.Join(root, out), "--epochs", "40", "--batch", "16", "--standardize", "--checkpoint-every", "50ms"}, more...)
	}
	text, err := run(t, args("whole")...)
	if err != nil || !strings.Contains(text, "a head without backbones") {
		t.Fatalf("%v\n%s", err, text)
	}
	want := whatIsLeft(t, filepath.Join(root, "whole"))

	for kills := range 3 {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChildCommand$")
		child.Env = append(os.Environ(), killedCommand+"="+strings.Join(args("killed"), "\n"))
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		checkpoint := os.DirFS(filepath.Join(root, "killed", "checkpoint"))
		for begin := time.Now(); ; time.Sleep(time.Millisecond) {
			if h, err := head.CheckpointHistory(checkpoint); err == nil && len(h) >= 5*(kills+1) {
				break
			}
			if time.Since(begin) > time.Minute {
				t.Fatal("no checkpoint within a minute")
			}
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := child.Wait(); err == nil {
			t.Fatal("the training ended before it was killed")
		}
	}
	_, err = run(t, args("killed", "--lr", "0.5", "--patience", "3")...)
	if err == nil || !strings.Contains(err.Error(), "begun here: Adam.LearningRate: want 0, got 0.5; EarlyStopping.Patience: want 10, got 3; go on") {
		t.Errorf("other flags: got %v", err)
	}
	text, err = run(t, args("killed")...)
	if err != nil || !strings.Contains(text, "goes on after epoch") {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := whatIsLeft(t, filepath.Join(root, "killed")); got != want {
		t.Errorf("want the weights and the history of the unbroken run, got others:\n%s\n%s", want, got)
	}
}

func TestTrainOnStoredFeatures(t *testing.T) {
	features := storedRows(t)
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--head", "top", "--standardize"}, "--standardize"},
		{[]string{"--head", "logistic"}, ""},
		{[]string{"--features", features + "x"}, "--features"},
	} {
		out := t.TempDir()
		_, err := run(t, append([]string{"train", "--features", features, "--out", out}, c.args...)...)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: want %q, got %v", c.args, c.want, err)
		}
	}
	f, err := data.OpenFeatures(os.DirFS(features))
	if err != nil {
		t.Fatal(err)
	}
	f.Source = strings.Repeat("0", 64)
	if err := f.Save(features); err != nil {
		t.Fatal(err)
	}
	if _, err := run(t, "train", "--features", features, "--out", t.TempDir()); err == nil || !strings.Contains(err.Error(), "fingerprint") {
		t.Errorf("features of another stack: got %v", err)
	}
}
