package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/cuda"
)

func TestDoctor(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("LocalAppData", cache)
	text, err := run(t, "doctor")
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, "doctor", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var d diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if d.Go != runtime.Version() || d.Threads != runtime.GOMAXPROCS(0) || d.Kernel == "auto" || d.Kernel == "" {
		t.Errorf("want %s, %d threads and a kernel, got %+v", runtime.Version(), runtime.GOMAXPROCS(0), d)
	}
	if !strings.HasPrefix(d.Weights, cache) || d.Features != filepath.Join(d.Weights, "features") {
		t.Errorf("want folders in %s, got %s and %s", cache, d.Weights, d.Features)
	}
	_, reported := cuda.Report()
	if built := !errors.Is(reported, cuda.ErrNoCUDA); d.CUDA.Built != built {
		t.Errorf("CUDA in the build: want %v, got %v", built, d.CUDA.Built)
	}
	for _, want := range []string{"cairn", d.Kernel, d.Weights, "CUDA", "GPU"} {
		if !strings.Contains(text, want) && !d.CUDA.Built {
			t.Errorf("want %q in:\n%s", want, text)
		}
	}
}

func TestDoctorAboutGPUs(t *testing.T) {
	hopper := cuda.Info{Index: 0, Name: "NVIDIA H100", Major: 9, Minor: 0, Cores: 132, Memory: 85e9, Free: 84e9}
	volta := cuda.Info{Index: 1, Name: "Tesla V100", Major: 7, Minor: 0, Cores: 80, Memory: 16e9, Free: 16e9}
	pascal := cuda.Info{Index: 2, Name: "Tesla P100", Major: 6, Minor: 0, Cores: 56, Memory: 16e9, Free: 16e9}
	for name, c := range map[string]struct {
		system cuda.System
		err    error
		built  bool
		want   []string
	}{
		"not built": {err: fmt.Errorf("nn: %w", cuda.ErrNoCUDA), want: []string{"not in this build", "go build -tags gpu", "docs/cuda.md", "on the CPU"}},
		"no driver": {err: errors.New("no driver: libcuda.so.1 was not found"), built: true, want: []string{"libcuda.so.1 was not found", "on the CPU"}},
		"devices": {
			system: cuda.System{Driver: 12090, Devices: []cuda.Info{hopper, volta, pascal}}, built: true,
			want: []string{
				"driver for CUDA 12.9", "cuda:0", "NVIDIA H100, compute capability 9.0, 132 multiprocessors, 84.0 of 85.0 GB free; float32 (default), tf32\n",
				"cuda:1", "16.0 GB free; float32\n", "cuda:2", "too old: want compute capability 7.0",
			},
		},
		"broken device": {
			system: cuda.System{Driver: 13010, Devices: []cuda.Info{hopper}}, err: errors.New("device 1: out of order"), built: true,
			want: []string{"driver for CUDA 13.1", "NVIDIA H100", "device 1: out of order"},
		},
	} {
		g := diagnoseGPUs(c.system, c.err)
		if g.Built != c.built {
			t.Errorf("%s: built: want %v, got %v", name, c.built, g.Built)
		}
		var b bytes.Buffer
		g.write(&b)
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: want %q in:\n%s", name, want, b.String())
			}
		}
	}
}
