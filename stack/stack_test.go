package stack_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/jpeg"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights"
)

// tiny is a backbone of one convolution.
func tiny(name string, filters int) backbones.Spec {
	return backbones.Spec{Name: name, Preprocess: data.TF, InputSize: 32, Build: func(b *nn.Builder, x *nn.Node) *nn.Node {
		return b.Conv2D("conv", x, nn.Conv2D{Filters: filters, Kernel: 5, Stride: 2, Bias: true, Activation: nn.ReLU})
	}}
}

func newBackbone(t testing.TB, s backbones.Spec, seed uint64, c backbones.Config) *backbones.Backbone {
	t.Helper()
	b, err := backbones.New(s, weights.Random(seed), c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newStack(t testing.TB, members ...*backbones.Backbone) *stack.Stack {
	t.Helper()
	s, err := stack.New(members...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pair is a stack of 12 + 7 features, the second at a size of its own.
func pair(t testing.TB) *stack.Stack {
	t.Helper()
	return newStack(t, newBackbone(t, tiny("one", 12), 1, backbones.Config{}),
		newBackbone(t, tiny("two", 7), 2, backbones.Config{InputSize: 48, InputWidth: 40, Pooling: backbones.Max}))
}

// painted returns photos of two classes, reddish and bluish, as JPEG files.
func painted(t testing.TB, n int) *data.Set {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 1))
	files := fstest.MapFS{}
	set := &data.Set{FS: files, Classes: []string{"blue", "red"}}
	for i := range n {
		p := &data.RGB{Pix: make([]uint8, 50*40*3), Width: 50, Height: 40}
		for j := range p.Pix {
			p.Pix[j] = uint8(rng.IntN(160))
			if j%3 == 2*(1-i%2) {
				p.Pix[j] += 90
			}
		}
		var file bytes.Buffer
		if err := jpeg.Encode(&file, p, nil); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("photo%02d.jpg", i)
		files[name] = &fstest.MapFile{Data: file.Bytes()}
		set.Photos = append(set.Photos, data.Photo{File: name, Class: i % 2})
	}
	return set
}

func TestExtractConcatenatesMembers(t *testing.T) {
	s, set := pair(t), painted(t, 5)
	var seen []int
	f, err := s.Extract(t.Context(), set, stack.Extraction{Progress: func(p stack.Progress) { seen = append(seen, p.Done*100+p.Total) }})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Validate(); err != nil {
		t.Error(err)
	}
	if f.Len() != 5 || f.Width != 19 || s.Features() != 19 || f.Source != s.Fingerprint() {
		t.Errorf("want 5 rows of 19 from this stack, got %d of %d from %s", f.Len(), f.Width, f.Source)
	}
	if !slices.Equal(seen, []int{105, 205, 305, 405, 505}) {
		t.Errorf("progress: got %v", seen)
	}
	photo, err := data.ReadImage(set.FS, set.Photos[3].File)
	if err != nil {
		t.Fatal(err)
	}
	one, two := make([]float32, 12), make([]float32, 7)
	if err := newBackbone(t, tiny("one", 12), 1, backbones.Config{}).Extract(t.Context(), photo, one); err != nil {
		t.Fatal(err)
	}
	c := backbones.Config{InputSize: 48, InputWidth: 40, Pooling: backbones.Max}
	if err := newBackbone(t, tiny("two", 7), 2, c).Extract(t.Context(), photo, two); err != nil {
		t.Fatal(err)
	}
	if want := append(one, two...); !slices.Equal(want, f.Row(3)) {
		t.Errorf("want the members' own features side by side:\n%v\n%v", want, f.Row(3))
	}
	if single, err := s.Describe(t.Context(), photo); err != nil || !slices.Equal(single, f.Row(3)) {
		t.Errorf("a photo alone gives other bits: %v", err)
	}
}

func TestExtractStopsAtBadPhoto(t *testing.T) {
	s, set := pair(t), painted(t, 4)
	set.FS.(fstest.MapFS)["photo02.jpg"] = &fstest.MapFile{Data: []byte("not a photo")}
	f, err := s.Extract(t.Context(), set, stack.Extraction{})
	if err == nil || !strings.Contains(err.Error(), "photo 3 of 4") || !strings.Contains(err.Error(), "photo02.jpg") {
		t.Errorf("want an error that names photo02.jpg, got %v", err)
	}
	if f == nil || f.Len() != 2 {
		t.Errorf("want the rows before it, got %v", f)
	}
	delete(set.FS.(fstest.MapFS), "photo01.jpg")
	if _, err := s.Extract(t.Context(), set, stack.Extraction{}); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "photo01.jpg") {
		t.Errorf("want a missing photo01.jpg, got %v", err)
	}
	if _, err := s.Extract(t.Context(), &data.Set{}, stack.Extraction{}); err == nil {
		t.Error("want an error for an empty set")
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err = s.Extract(ctx, painted(t, 6), stack.Extraction{Progress: func(p stack.Progress) {
		if p.Done == 2 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("want context.Canceled, got %v", err)
	}
}

// trained is a classifier of the painted photos.
func trained(t *testing.T, s *stack.Stack, set *data.Set) *stack.Classifier {
	t.Helper()
	f, err := s.Extract(t.Context(), set, stack.Extraction{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := head.New(head.Config{Inputs: f.Width, Classes: f.Classes})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range h.Train(t.Context(), f, nil, head.Training{Epochs: 150, Batch: 8, LearningRate: 0.02}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	return &stack.Classifier{Stack: s, Head: h}
}

func TestClassifierSavedAndOpenedPredictsTheSame(t *testing.T) {
	set := painted(t, 24)
	c := trained(t, pair(t), set)
	dir := filepath.Join(t.TempDir(), "new", "classifier")
	for range 2 { // into nothing, and over the first
		if err := c.Save(dir); err != nil {
			t.Fatal(err)
		}
	}
	opened, err := stack.Open(os.DirFS(dir), pair(t))
	if err != nil {
		t.Fatal(err)
	}
	right := 0
	for _, p := range set.Photos {
		photo, err := data.ReadImage(set.FS, p.File)
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.Predict(t.Context(), photo, 0)
		if err != nil {
			t.Fatal(err)
		}
		got, err := opened.Predict(t.Context(), photo, 0)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(want, got) {
			t.Fatalf("%s: want %v, got %v", p.File, want, got)
		}
		if len(got) != 2 || got[0].Probability < got[1].Probability {
			t.Fatalf("want two classes, best first, got %v", got)
		}
		if got[0].Class == set.Classes[p.Class] {
			right++
		}
	}
	if right < len(set.Photos)*9/10 {
		t.Errorf("only %d of %d photos recognised", right, len(set.Photos))
	}

	file := filepath.Join(t.TempDir(), "x.jpg")
	raw, err := fs.ReadFile(set.FS, "photo00.jpg")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	best, err := opened.PredictFile(t.Context(), file, 1)
	if err != nil || len(best) != 1 || best[0].Class != "blue" {
		t.Errorf("want blue, got %v, %v", best, err)
	}
	if _, err := opened.PredictFile(t.Context(), file+"x", 1); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "x.jpgx") {
		t.Errorf("want the missing file named, got %v", err)
	}
}

func TestOpenRefusesAnotherStack(t *testing.T) {
	c := trained(t, pair(t), painted(t, 8))
	dir := t.TempDir()
	if err := c.Save(dir); err != nil {
		t.Fatal(err)
	}
	second := backbones.Config{InputSize: 48, InputWidth: 40, Pooling: backbones.Max}
	interpolated, kept := second, second
	interpolated.Interpolate, kept.KeepAspect = data.Lanczos, true
	recoloured := tiny("two", 7)
	recoloured.Preprocess = data.Caffe
	one := newBackbone(t, tiny("one", 12), 1, backbones.Config{})
	for _, other := range []struct {
		name  string
		stack *stack.Stack
		want  string
	}{
		{"other weights", newStack(t, one, newBackbone(t, tiny("two", 7), 3, second)), "member two: trained with other weights"},
		{"other size", newStack(t, one, newBackbone(t, tiny("two", 7), 2, backbones.Config{Pooling: backbones.Max})), "member two"},
		{"other pooling", newStack(t, one, newBackbone(t, tiny("two", 7), 2, backbones.Config{InputSize: 48, InputWidth: 40})), "member two"},
		{"other interpolation", newStack(t, one, newBackbone(t, tiny("two", 7), 2, interpolated)), "Interpolation:lanczos"},
		{"aspect kept", newStack(t, one, newBackbone(t, tiny("two", 7), 2, kept)), "Interpolation:nearest, keep aspect"},
		{"other preprocessing", newStack(t, one, newBackbone(t, recoloured, 2, second)), "member two"},
		{"other order", newStack(t, newBackbone(t, tiny("two", 7), 2, second), one), "trained with one, got two"},
		{"one member", newStack(t, one), "trained on a stack of 2 members, got one of 1"},
	} {
		if _, err := stack.Open(os.DirFS(dir), other.stack); err == nil || !strings.Contains(err.Error(), other.want) {
			t.Errorf("%s: want %q, got %v", other.name, other.want, err)
		}
	}

	file := filepath.Join(dir, "classifier.json")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, damaged := range []string{"", "{", string(whole[:len(whole)/2]), `{"format": 2}`, `{"format": 1, "head": "../elsewhere"}`} {
		if err := os.WriteFile(file, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := stack.Open(os.DirFS(dir), pair(t)); err == nil || !strings.Contains(err.Error(), "classifier.json") {
			t.Errorf("%q: want an error that names classifier.json, got %v", damaged, err)
		}
	}
	if _, err := stack.Open(os.DirFS(t.TempDir()), pair(t)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("empty folder: want fs.ErrNotExist, got %v", err)
	}
}

func TestClassifierErrors(t *testing.T) {
	h, err := head.New(head.Config{Inputs: 18, Classes: []string{"a", "b"}})
	if err != nil {
		t.Fatal(err)
	}
	c := &stack.Classifier{Stack: pair(t), Head: h}
	photo := &data.RGB{Pix: make([]uint8, 3), Width: 1, Height: 1}
	if _, err := c.Predict(t.Context(), photo, 1); err == nil || !strings.Contains(err.Error(), "19 features, the head takes 18") {
		t.Errorf("want the widths named, got %v", err)
	}
	if err := c.Save(t.TempDir()); err == nil {
		t.Error("want an error for a head that does not fit")
	}
	fitting := trained(t, pair(t), painted(t, 4))
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := fitting.Save(filepath.Join(blocked, "sub")); err == nil || !strings.Contains(err.Error(), blocked) {
		t.Errorf("want an error that names the folder, got %v", err)
	}
	if _, err := stack.New(); err == nil {
		t.Error("want an error for a stack without members")
	}
}

func TestClose(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	one := newBackbone(t, tiny("one", 12), 1, backbones.Config{Threads: 3, Kernel: nn.Go})
	if got := one.Model().Kernel(); got != "go" {
		t.Errorf("want the kernel asked for, got %s", got)
	}
	s := newStack(t, one, newBackbone(t, tiny("two", 7), 2, backbones.Config{Threads: 2}))
	photo := &data.RGB{Pix: make([]uint8, 40*40*3), Width: 40, Height: 40}
	if _, err := s.Describe(t.Context(), photo); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Describe(t.Context(), photo); err == nil || !strings.Contains(err.Error(), "one: nn: model is closed") {
		t.Errorf("want an error that names the closed member, got %v", err)
	}
	goleak.VerifyNone(t, ignore)
}

func TestSummary(t *testing.T) {
	var s strings.Builder
	if err := pair(t).Summary(&s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"one", "32×32", "tf", "912", "12  [0:12]", "48×40", "max", "7  [12:19]", "1,444", "19"} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("want %q in:\n%s", want, s.String())
		}
	}
}

// stackTolerance bounds the features as a share of their rms: that of
// ResNet50V2, the wider one (README of the network cases, section 4).
const stackTolerance = 5e-5

// TestStackMatchesKeras runs the tutorial's stack, ResNet50V2 and DenseNet121,
// on every stack case.
func TestStackMatchesKeras(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		t.Skip("the stack cases are too large for testdata; package backbones tests both members")
	}
	if testing.Short() {
		t.Skip("large pictures in short mode")
	}
	dir := filepath.Join(root, "network")
	runs, err := golden.Runs(filepath.Join(dir, "goldens"))
	if err != nil {
		t.Fatal(err)
	}
	specs := map[string]backbones.Spec{"ResNet50V2": backbones.ResNet50V2(), "DenseNet121": backbones.DenseNet121()}
	for _, run := range runs {
		if run.Kind != "stack" {
			continue
		}
		t.Run(run.Tag, func(t *testing.T) {
			var members []*backbones.Backbone
			for _, name := range run.Models {
				manifest, err := golden.ReadManifest(filepath.Join(dir, "manifests"), name)
				if err != nil {
					t.Fatal(err)
				}
				b, err := backbones.New(specs[name], weights.ClosedForm(run.Seed, manifest.Gain), backbones.Config{InputSize: run.H, InputWidth: run.W})
				if err != nil {
					t.Fatal(err)
				}
				members = append(members, b)
			}
			s := newStack(t, members...)
			var got []float32
			for _, kind := range run.Images {
				pix, err := golden.Image(run.Seed, kind, run.H, run.W)
				if err != nil {
					t.Fatal(err)
				}
				row, err := s.Describe(t.Context(), &data.RGB{Pix: pix, Width: run.W, Height: run.H})
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, row...)
			}
			want, _, err := golden.ReadArray(run.Path("features.npy"))
			if err != nil {
				t.Fatal(err)
			}
			diff, err := golden.Compare(got, want)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(diff)
			if !(diff.Max <= stackTolerance*diff.RefRMS) {
				t.Errorf("want max ≤ %.3g", stackTolerance*diff.RefRMS)
			}
		})
	}
}
