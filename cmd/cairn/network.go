package main

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/spf13/pflag"
	"gorgonia.org/tensor"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

const seed = 1 // of weights and pictures

// network is the flags that choose a backbone and how it runs.
type network struct {
	model   string
	size    int
	batch   int
	threads int
	kernel  string
	pin     bool
	placement
}

func (n *network) addTo(flags *pflag.FlagSet) {
	flags.StringVar(&n.model, "model", "resnet50v2", "backbone: resnet50v2, densenet121, vgg16, efficientnetlite0 or any other of the library")
	flags.IntVar(&n.size, "size", 0, "height and width of the input in pixels (0 = the backbone's own)")
	flags.IntVar(&n.threads, "threads", 0, "threads (0 = all processors)")
	flags.BoolVar(&n.pin, "pin", false, "keep each worker thread on a core of its own (Linux)")
	flags.StringVar(&n.kernel, "kernel", "auto", fmt.Sprintf("inner loops, one of %v", kernels))
}

// kernels are what --kernel may name.
var kernels = []nn.Kernel{nn.Auto, nn.Go, nn.AVX2, nn.AVX512}

func kernelNamed(name string) (nn.Kernel, error) {
	i := slices.IndexFunc(kernels, func(k nn.Kernel) bool { return k.String() == name })
	if i < 0 {
		return 0, fmt.Errorf("--kernel: want one of %v, got %q", kernels, name)
	}
	return kernels[i], nil
}

// open makes the backbone, without top, with drawn weights.
func (n *network) open() (*backbones.Backbone, error) {
	spec, err := backbones.Lookup(n.model)
	if err != nil {
		return nil, fmt.Errorf("--model: %w", err)
	}
	k, err := kernelNamed(n.kernel)
	if err != nil {
		return nil, err
	}
	return backbones.New(spec, weights.Random(seed), backbones.Config{
		InputSize: n.size, Batch: n.batch, Threads: n.threads, Kernel: k, Pin: n.pin, Device: n.device, Precision: n.precision,
	})
}

// picture returns a batch of drawn pixels in [-1, 1) for a model.
func picture(m *nn.Model, batch int) *tensor.Dense {
	shape := append([]int{batch}, m.InputShape()...)
	x := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(shape...))
	rng := rand.New(rand.NewPCG(seed, 0))
	values := x.Float32s()
	for i := range values {
		values[i] = 2*rng.Float32() - 1
	}
	return x
}
