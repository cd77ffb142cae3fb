package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/cuda"
	"github.com/cairnml/cairn/nn"
)

func TestDeviceNamed(t *testing.T) {
	for s, want := range map[string]nn.Device{"cpu": {}, "cuda": nn.CUDA(0), "cuda:0": nn.CUDA(0), "cuda:3": nn.CUDA(3)} {
		if got, err := deviceNamed(s); err != nil || got != want {
			t.Errorf("%s: want %v, got %v, %v", s, want, got, err)
		}
	}
	for _, s := range []string{"", "gpu", "cuda:", "cuda:-1", "cuda:x", "cpu:0", "cuda:99999"} {
		if got, err := deviceNamed(s); err == nil {
			t.Errorf("%q: want an error, got %v", s, got)
		}
	}
}

func TestDeviceFlags(t *testing.T) {
	small := []string{"bench", "--model", "efficientnetlite0", "--size", "32", "--threads", "1", "--rounds", "1"}
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{"--device", "tpu"}, "want cpu, cuda or cuda:N"},
		{[]string{"--precision", "half"}, "want float32 or tf32"},
		{[]string{"--precision", "tf32"}, "want a GPU for it"},
		{[]string{"--device", "cuda", "--kernel", "go"}, "want Auto for a GPU"},
	} {
		if _, err := run(t, append(small, c.flags...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: want an error with %q, got %v", c.flags, c.want, err)
		}
	}
	if _, reported := cuda.Report(); errors.Is(reported, cuda.ErrNoCUDA) {
		if _, err := run(t, append(small, "--device", "cuda:1")...); !errors.Is(err, nn.ErrNoCUDA) {
			t.Errorf("want %v, got %v", nn.ErrNoCUDA, err)
		}
	}
}
