package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/examples/dogbreed/kennel"
)

func TestTrainReportPredict(t *testing.T) {
	photos, out := t.TempDir(), filepath.Join(t.TempDir(), "dogs")
	if err := kennel.Write(photos, kennel.Options{Photos: 4}); err != nil {
		t.Fatal(err)
	}
	args := []string{"train", "--photos", photos, "--out", out, "--size", "32", "--epochs", "3", "--held", "0.25", "--batch", "8"}
	text, err := run(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"48 photos of 12 classes", "val accuracy", "12 held-out photos", "report.html"} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in:\n%s", want, text)
		}
	}
	for _, name := range []string{"report.html", "history.json", "history.csv", "held_out.csv", "loss.png", "classifier.json"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	text, status, err := runBoth(t, append(args, "--head", "logistic", "--calibrate")...)
	if err != nil || !strings.Contains(status, "48 cached") || !strings.Contains(text, "temperature") {
		t.Errorf("the second run: %v\n%s%s", err, status, text)
	}
	args[1], args[2] = "--features", filepath.Join(out, "features")
	text, err = run(t, append(args, "--photos", photos, "--standardize")...)
	if err != nil || !strings.Contains(text, "48 rows of 12 classes") {
		t.Errorf("stored features: %v\n%s", err, text)
	}
	for _, kind := range []string{"top", "logistic-top"} {
		if _, err := run(t, append(args, "--head", kind)...); err == nil || !strings.Contains(err.Error(), "got none") {
			t.Errorf("--head %s: no invented breed is ImageNet's: got %v", kind, err)
		}
	}
	text, err = run(t, append(args, "--search", "--folds", "2")...)
	if err != nil || strings.Count(text, "recipe") != 32 || strings.Count(text, "logistic") != 2 {
		t.Errorf("search: %v\n%s", err, text)
	}
	if text, err = run(t, "report", out, "--photos", photos); err != nil || !strings.Contains(text, "report.html") {
		t.Errorf("report: %v\n%s", err, text)
	}
	files, err := filepath.Glob(filepath.Join(photos, "train", "*.jpg"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	if text, err = run(t, "predict", out, files[0], "--top", "2"); err != nil || strings.Count(text, "%") != 2 {
		t.Errorf("predict: %v\n%s", err, text)
	}
	if _, err := run(t, "predict", out, files[0], "--size", "64"); err == nil || !strings.Contains(err.Error(), "knows its own") {
		t.Errorf("another size: got %v", err)
	}
	if _, err := run(t, "predict", out, files[0], "--weights", photos); err == nil || !strings.Contains(err.Error(), "efficientnetlite0") {
		t.Errorf("no weights there: got %v", err)
	}
	for _, bad := range [][]string{{"train"}, {"train", "--photos", photos, "--out", out, "--head", "best"}, {"train", "--photos", photos + "x", "--out", out},
		{"train", "--photos", photos, "--out", out, "--models", "vgg16"}, {"report", t.TempDir()}} {
		if _, err := run(t, bad...); err == nil {
			t.Errorf("%v: want an error", bad)
		}
	}
}

// Features are found by the content of photos: in the cache whatever --out is,
// and without one in --out.
func TestTrainComputesEachPhotoOnce(t *testing.T) {
	photos, work := drawn(t, 2), t.TempDir()
	train := func(out, cache string, found int) {
		t.Helper()
		_, status, err := runBoth(t, "train", "--photos", photos, "--out", filepath.Join(work, out), "--cache", cache,
			"--size", "32", "--epochs", "1", "--held", "0.5", "--batch", "8")
		want := fmt.Sprintf(", %d cached\n", found)
		if err != nil || strings.Contains(status, want) != (found > 0) || !strings.Contains(status, "24 of 24 photos") {
			t.Errorf("%s, --cache %s: want %d found, got %v, %q", out, cache, found, err, status)
		}
	}
	kept := filepath.Join(work, "cache")
	train("a", kept, 0)
	train("b", kept, 24)
	train("c", "none", 0)
	train("c", "none", 24)
	files, err := filepath.Glob(filepath.Join(photos, "train", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(files[0])
	if err == nil {
		err = os.WriteFile(files[0], append(content, 0), 0o666) // the same pixels, but who knows
	}
	if err != nil {
		t.Fatal(err)
	}
	train("a", kept, 23)
	train("c", "none", 23)
}
