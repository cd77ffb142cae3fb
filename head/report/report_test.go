package report

import (
	"errors"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/examples/dogbreed/kennel"
	"github.com/cairnml/cairn/head"
)

// example is a training whose figures are invented: photo 2 of 4 is wrong.
func example() Report {
	return Report{
		Title: "two <dogs>",
		History: head.History{
			{N: 1, Loss: 2, Accuracy: 0.4, ValLoss: 1.5, ValAccuracy: 0.5, ValRows: 4, LearningRate: 1e-3},
			{N: 2, Loss: 1, Accuracy: 0.8, ValLoss: 1, ValAccuracy: 0.75, ValRows: 4, LearningRate: 1e-4},
			{N: 3, Loss: math.NaN(), Accuracy: 0.8, ValLoss: math.Inf(1), ValAccuracy: 0.75, ValRows: 4, LearningRate: 1e-5},
		},
		Held: &Predictions{
			Classes: []string{"a_b", "<c>"}, Files: []string{"1.jpg", "2.jpg", "3.jpg", "4.jpg"}, Labels: []int{0, 0, 1, 1},
			Probabilities: []float32{0.9, 0.1, 0.25, 0.75, 0.1, 0.9, 0.4, 0.6},
		},
	}
}

func TestWriteAndRead(t *testing.T) {
	r, dir := example(), filepath.Join(t.TempDir(), "out")
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"loss.png", "accuracy.png", "learning_rate.png", "calibration.png"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if picture, err := png.Decode(f); err != nil || picture.Bounds().Dx() < 600 {
			t.Errorf("%s: %v", name, err)
		}
		f.Close()
	}
	text, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"two &lt;dogs&gt;", "75.0 %", "a b → <em>&lt;c&gt;</em>", "1 of 2", "3 epochs, the best was 2", "a_b taken for &lt;c&gt;: 1 of 2"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("want %q in the page", want)
		}
	}
	for _, never := range []string{"http://", "https://", "src=\"/", "url("} { // but for the names of SVG
		page := strings.NewReplacer(`xmlns="http://www.w3.org/2000/svg"`, "", `xmlns:xlink="http://www.w3.org/1999/xlink"`, "", "http://www.gonum.org/v1/plot/vg", "").Replace(string(text))
		if i := strings.Index(page, never); i >= 0 {
			t.Errorf("the page is not self-contained: %q", page[max(i-60, 0):min(i+60, len(page))])
		}
	}
	again, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Held, again.Held); diff != "" {
		t.Error(diff)
	}
	if len(again.History) != 3 || again.History[1].ValLoss != 1 || again.Title != "out" {
		t.Errorf("read %+v", again)
	}
	if err := again.Write(dir); err != nil {
		t.Error(err)
	}
}

func TestMistakesAreShown(t *testing.T) {
	dir := t.TempDir()
	if err := kennel.Write(dir, kennel.Options{Photos: 1}); err != nil {
		t.Fatal(err)
	}
	photos, err := fs.Glob(os.DirFS(dir), "train/*.jpg")
	if err != nil || len(photos) < 2 {
		t.Fatal(photos, err)
	}
	r := example()
	r.Photos, r.Held.Files = os.DirFS(dir), []string{photos[0], photos[1], "gone.jpg", "gone.jpg"}
	p, _, err := r.page()
	if err != nil || len(p.Mistakes) != 1 || p.Unreadable != 0 {
		t.Fatalf("want one mistake, got %d, %v", len(p.Mistakes), err)
	}
	if m := p.Mistakes[0]; m.File != photos[1] || m.True != "a_b" || m.Given != 0.25 || !strings.HasPrefix(string(m.Photo), "data:image/jpeg;base64,") {
		t.Errorf("got %s, %s, %v", m.File, m.True, m.Given)
	}
	r.Held.Files[1] = "gone.jpg"
	if p, _, err := r.page(); err != nil || len(p.Mistakes) != 0 || p.Unreadable != 1 {
		t.Errorf("a photo that is gone: %v", err)
	}
}

func TestErrors(t *testing.T) {
	if err := (Report{}).Write(t.TempDir()); err == nil {
		t.Error("nothing to show: want an error")
	}
	if _, err := Read(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: got %v", err)
	}
	for _, text := range []string{"", "a,b\n", "file,class,predicted,a,b\n", "file,class,predicted,a,a\nx,a,a,1,0\n",
		"file,class,predicted,a,b\nx,c,a,1,0\n", "file,class,predicted,a,b\nx,a,a,2,0\n", "file,class,predicted,a,b\nx,a,a,NaN,0\n"} {
		if _, err := ReadPredictions(strings.NewReader(text)); err == nil {
			t.Errorf("%q: want an error", text)
		}
	}
}

func FuzzReadPredictions(f *testing.F) {
	f.Add("file,class,predicted,a,b\nx,a,a,1,0\n,b,a,0.5,0.5\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ReadPredictions(strings.NewReader(text))
		if err != nil {
			return
		}
		if _, err := (&page{}).score(p); err != nil {
			t.Error(err)
		}
	})
}
