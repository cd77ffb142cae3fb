package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights"
	"go.uber.org/goleak"
)

func TestWeights(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	content := smallContent(t)
	s := newServer(t, content)
	defer s.Close()
	o := smallOptions(t, s.URL)
	var seen steps
	o.Progress = seen.add
	offline := o
	offline.Offline = true
	failSmall(t, offline, "fetch: small: ")
	if _, err := Weights(t.Context(), small, offline); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want fs.ErrNotExist, got %v", err)
	}
	if _, err := os.Stat(o.Dir); err == nil {
		t.Error("offline makes the folder")
	}
	fetchSmall(t, o)
	fetchSmall(t, o)
	fetchSmall(t, offline)
	if n, served := s.counts(); n != 1 || served != len(content) {
		t.Errorf("want one request of %d bytes, got %d of %d", len(content), n, served)
	}
	if seen.count(Load) == 0 || seen.count(Check) == 0 || seen.count(Convert) != 1 || seen.count(Wait)+seen.count(Retry) != 0 {
		t.Errorf("steps: got %v", seen)
	}
	last := seen[seen.last(Load)]
	if size := int64(len(content)); last.Done != size || last.Total != size || last.File != smallFile || last.From != o.Files[0].Address {
		t.Errorf("progress: got %+v", last)
	}
	store, err := Weights(t.Context(), small, o)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	m := store.Manifest()
	if m.Model != "small" || m.SourceFile != smallFile || m.SourceSHA256 != hex.EncodeToString(sum[:]) ||
		!strings.HasPrefix(m.Tool, "cairn") || !strings.Contains(m.Source, s.URL) {
		t.Errorf("manifest: got %q, %q, %q, %q, %q", m.Model, m.Source, m.SourceFile, m.SourceSHA256, m.Tool)
	}
	if h := s.header(0); h.Get("Accept-Encoding") != "identity" || h.Get("Range") != "" {
		t.Errorf("request: got %v", h)
	}
}

func (s steps) last(step Step) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i].Step == step {
			return i
		}
	}
	return -1
}

// Weights with top replace those without that were fetched, and serve both.
func TestTop(t *testing.T) {
	content := smallContent(t)
	parameters, err := small.Parameters(backbones.Config{Top: true})
	if err != nil {
		t.Fatal(err)
	}
	var top bytes.Buffer
	if err := weights.WriteH5(&top, parameters, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, content)
	o := smallOptions(t, s.URL)
	fetchSmall(t, o)
	o.Top = true
	if _, err := Weights(t.Context(), small, o); err == nil || !strings.Contains(err.Error(), "small: there is no address for it") {
		t.Errorf("got %v", err)
	}
	o.Files = append(o.Files, File{Model: "small", Top: true, Address: s.URL + "/small.h5", Hash: md5Of(top.Bytes())})
	offline := o
	offline.Offline = true
	if _, err := Weights(t.Context(), small, offline); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "predictions/") {
		t.Errorf("want fs.ErrNotExist, got %v", err)
	}
	s.content = top.Bytes()
	fetchSmall(t, o)
	o.Top = false
	fetchSmall(t, o)
	if n, _ := s.counts(); n != 2 {
		t.Errorf("want 2 requests, got %d", n)
	}
	// A right hash of a file that does not fit.
	o.Dir, o.Files[0].Hash, o.Files[0].Size = t.TempDir(), md5Of(top.Bytes()), 0
	failSmall(t, o, "predictions")
	checkFiles(t, o.Dir, ".small.lock", smallFile+".part", smallFile+".part.json")
}

// What was not fetched is never replaced.
func TestOwnFolderStays(t *testing.T) {
	s := newServer(t, smallContent(t))
	o := smallOptions(t, s.URL)
	parameters, err := small.Parameters(backbones.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := weights.Save(filepath.Join(o.Dir, "small"), weights.Manifest{Source: "mine", Parameters: parameters}, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := Weights(t.Context(), small, o); err != nil {
		t.Error(err)
	}
	o.Top = true
	o.Files = append(o.Files, o.Files[0])
	o.Files[1].Top = true
	if _, err := Weights(t.Context(), small, o); err == nil || !strings.Contains(err.Error(), `"mine"`) {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "small", "manifest.json"), []byte("{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Weights(t.Context(), small, o); err == nil || !strings.Contains(err.Error(), "manifest.json") {
		t.Errorf("got %v", err)
	}
	if n, _ := s.counts(); n != 0 {
		t.Errorf("want no request, got %d", n)
	}
}

// What a killed process was writing is removed, what others write is not.
func TestLeftovers(t *testing.T) {
	s := newServer(t, smallContent(t))
	o := smallOptions(t, s.URL)
	for _, dir := range []string{".small.123.tmp", "." + smallFile + ".part.json.7.tmp", ".smaller.5.tmp"} {
		if err := os.MkdirAll(filepath.Join(o.Dir, dir, "new"), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Weights(t.Context(), small, o); err != nil {
		t.Fatal(err)
	}
	checkFiles(t, o.Dir, ".small.lock", ".smaller.5.tmp", "small")
}

func TestClasses(t *testing.T) {
	content := classIndex("class")
	s := newServer(t, content)
	o := Options{Dir: t.TempDir(), Files: []File{{Model: ClassIndex, Address: s.URL + "/imagenet_class_index.json", Hash: md5Of(content)}}}
	offline := o
	offline.Offline = true
	if _, err := Classes(t.Context(), offline); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want fs.ErrNotExist, got %v", err)
	}
	for range 2 {
		classes, err := Classes(t.Context(), o)
		if err != nil || len(classes) != 1000 || classes[999] != (backbones.Class{ID: "n00000999", Name: "class_999"}) {
			t.Fatalf("got %d classes, %v", len(classes), err)
		}
	}
	if n, _ := s.counts(); n != 1 {
		t.Errorf("want one request, got %d", n)
	}
	checkFiles(t, o.Dir, ".imagenet_class_index.lock", "imagenet_class_index.json")
	if err := os.WriteFile(filepath.Join(o.Dir, "imagenet_class_index.json"), classIndex("other"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Classes(t.Context(), offline); err == nil || !strings.Contains(err.Error(), "want MD5 "+md5Of(content)) {
		t.Errorf("a changed index: got %v", err)
	}
	if _, err := Classes(t.Context(), o); err != nil {
		t.Errorf("a changed index is fetched again: got %v", err)
	}
}

func TestOptions(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "Options.Dir"},
		{Options{Dir: dir, Attempts: -1}, "attempts"},
		{Options{Dir: dir, Stall: -1}, "stall"},
		{Options{Dir: dir}, "no address"},
		{Options{Dir: dir, Files: []File{{Model: "small", Address: "http://127.0.0.1/", Hash: md5Of(nil)}}}, "address"},
		{Options{Dir: dir, Files: []File{{Model: "small", Address: "http://127.0.0.1/..", Hash: md5Of(nil)}}}, "address"},
		{Options{Dir: dir, Files: []File{{Model: "small", Address: "http://127.0.0.1/x.h5", Hash: "12"}}}, "hash"},
		{Options{Dir: dir, Files: []File{{Model: "small", Address: "ftp://127.0.0.1/x.h5", Hash: md5Of(nil)}}}, "ftp"},
		{Options{Dir: dir, Files: []File{{Model: "small", Address: "http://127.0.0.1:x/x.h5", Hash: md5Of(nil)}}}, "port"},
		{Options{Dir: dir, Mirrors: []string{"ftp://127.0.0.1"}, Files: []File{{Model: "small", Address: "http://127.0.0.1/x.h5", Hash: md5Of(nil)}}}, "ftp"},
	} {
		if _, err := Weights(t.Context(), small, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: want %q, got %v", c.o, c.want, err)
		}
	}
}

// A cancelled download keeps what has come for the next one.
func TestCancel(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	o := smallOptions(t, s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	half := int64(len(content) / 2)
	o.Progress = func(p Progress) {
		if p.Done > half {
			cancel()
		}
	}
	if _, err := Weights(ctx, small, o); !errors.Is(err, context.Canceled) {
		t.Fatalf("want context.Canceled, got %v", err)
	}
	checkFiles(t, o.Dir, ".small.lock", smallFile+".part", smallFile+".part.json")
	o.Progress = nil
	fetchSmall(t, o)
	if r := s.header(-1).Get("Range"); r == "" {
		t.Error("the second fetch starts anew")
	}
}

// The table has every backbone without embedded weights, and its sizes are those
// of the parameters and a little more.
func TestKeras(t *testing.T) {
	const overhead = 2 << 20 // of HDF5, 1.2 MB for 1,004 tensors
	o, err := Options{Dir: "x"}.fill()
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	for _, s := range backbones.All() {
		if strings.HasPrefix(s.Name, "efficientnetlite") {
			continue
		}
		for _, top := range []bool{false, true} {
			f, err := o.file(s.Name, top)
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			if seen[f.Hash] || seen[f.Name()] || f.algorithm() != "MD5" || strings.HasSuffix(f.Name(), "_notop.h5") == top {
				t.Errorf("%+v: used before, not of MD5, or misnamed", f)
			}
			seen[f.Hash], seen[f.Name()] = true, true
			parameters, err := s.Parameters(backbones.Config{Top: top})
			if err != nil {
				t.Fatal(err)
			}
			values := int64(0)
			for _, p := range parameters {
				n := int64(4)
				for _, d := range p.Shape {
					n *= int64(d)
				}
				values += n
			}
			if f.Size != 0 && (f.Size < values || f.Size > values+overhead) {
				t.Errorf("%+v: want the %d bytes of the parameters and a little", f, values)
			}
		}
	}
	if f, err := o.file(ClassIndex, false); err != nil || f.Name() != "imagenet_class_index.json" {
		t.Errorf("class index: %+v, %v", f, err)
	}
	if n := len(seen)/2 + 1; len(o.Files) != n {
		t.Errorf("want %d files, got %d", n, len(o.Files))
	}
}
