package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/cairnml/cairn/nn"
)

// placement is the flags that choose where models run.
type placement struct {
	device    nn.Device
	precision nn.Precision
}

func (p *placement) addTo(flags *pflag.FlagSet) {
	flags.Func("device", "cpu, or cuda or cuda:N for an NVIDIA GPU, see cairn doctor (default cpu)", func(s string) (err error) {
		p.device, err = deviceNamed(s)
		return err
	})
	flags.Func("precision", "of a GPU: float32, or tf32 for its tensor cores (default float32)", func(s string) error {
		for _, known := range []nn.Precision{nn.Float32, nn.TF32} {
			if s == known.String() {
				p.precision = known
				return nil
			}
		}
		return fmt.Errorf("want %v or %v", nn.Float32, nn.TF32)
	})
}

// onGPU says whether a GPU was chosen.
func (p *placement) onGPU() bool { return p.device != nn.Device{} }

func deviceNamed(s string) (nn.Device, error) {
	if s == "cpu" {
		return nn.Device{}, nil
	}
	kind, index, numbered := strings.Cut(s, ":")
	if !numbered {
		index = "0"
	}
	n, err := strconv.ParseUint(index, 10, 16)
	if kind != "cuda" || err != nil {
		return nn.Device{}, fmt.Errorf("want cpu, cuda or cuda:N")
	}
	return nn.CUDA(int(n)), nil
}
