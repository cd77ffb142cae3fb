package weights_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/weights"
)

func TestVerify(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "small")
	m := small
	m.SourceFile, m.SourceSHA256, m.License, m.Tool = "small.h5", strings.Repeat("0a", 32), "", "cairn v0"
	if err := weights.Save(dir, m, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	store, err := weights.Dir(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	if got := store.Manifest(); got.SourceFile != m.SourceFile || got.SourceSHA256 != m.SourceSHA256 || got.Tool != m.Tool {
		t.Errorf("manifest: %+v", got)
	}
	if err := store.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "manifest.json")); err != nil || strings.Contains(string(text), "license") {
		t.Errorf("want a manifest without an empty licence, got %v\n%s", err, text)
	}
	bias := filepath.Join(dir, "conv", "bias.npy")
	whole, err := os.ReadFile(bias)
	if err != nil {
		t.Fatal(err)
	}
	changed := append([]byte(nil), whole...)
	changed[len(changed)-1] ^= 1
	for _, test := range []struct {
		content []byte
		want    string
	}{
		{changed, "damaged or replaced: want SHA-256"},
		{whole[:len(whole)-1], "want 16 bytes for float32 [4], got 15"},
		{[]byte("text"), "truncated"},
	} {
		if err := os.WriteFile(bias, test.content, 0o666); err != nil {
			t.Fatal(err)
		}
		err := store.Verify(t.Context())
		if err == nil || !strings.Contains(err.Error(), "1 of 3 files") || !strings.Contains(err.Error(), "conv/bias.npy: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("want an error with %q, got %v", test.want, err)
		}
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Verify(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	saved, err := weights.Dir(os.DirFS("testdata/saved"))
	if err != nil {
		t.Fatal(err)
	}
	if err := saved.Verify(t.Context()); err != nil {
		t.Errorf("without a manifest: %v", err)
	}
}
