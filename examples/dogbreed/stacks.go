package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
	"github.com/cairnml/cairn/weights/efficientnetlite1"
)

// fullSize is the tutorial's input size of the full stack, in pixels.
const fullSize = 331

// openStack returns the tutorial's stack with the weights in a folder, or the
// embedded one; size 0 is the stack's usual input size. about says in one line
// what was used.
func openStack(folder string, size int) (s *stack.Stack, about string, err error) {
	if size < 0 {
		return nil, "", fmt.Errorf("-size: want 0 (the stack's own) or at least 32 pixels, got %d", size)
	}
	if folder == "" {
		s, err = embeddedStack(size)
		return s, "used: EfficientNet-Lite0 + Lite1 with embedded ImageNet weights; -weights DIR takes the full stack, ResNet50V2 + DenseNet121", err
	}
	if size == 0 {
		size = fullSize
	}
	s, err = fullStack(folder, size)
	return s, fmt.Sprintf("used: ResNet50V2 + DenseNet121 at %d×%d with the weights in %s", size, size, folder), err
}

// embeddedStack is EfficientNet-Lite0 beside Lite1: 1,280 + 1,280 features.
func embeddedStack(size int) (*stack.Stack, error) {
	params0, err := efficientnetlite0.Weights()
	if err != nil {
		return nil, err
	}
	params1, err := efficientnetlite1.Weights()
	if err != nil {
		return nil, err
	}
	return newStack(size,
		part{backbones.EfficientNetLite0(), params0},
		part{backbones.EfficientNetLite1(), params1})
}

// fullStack is ResNet50V2 beside DenseNet121: 2,048 + 1,024 features.
func fullStack(folder string, size int) (*stack.Stack, error) {
	var parts []part
	for _, spec := range []backbones.Spec{backbones.ResNet50V2(), backbones.DenseNet121()} {
		dir := filepath.Join(folder, spec.Name)
		params, err := weights.Dir(os.DirFS(dir))
		if err != nil {
			return nil, fmt.Errorf("-weights: %s: %w", dir, err)
		}
		parts = append(parts, part{spec, params})
	}
	return newStack(size, parts...)
}

// part is a backbone's declaration and where its weights are.
type part struct {
	spec   backbones.Spec
	params nn.Params
}

func newStack(size int, parts ...part) (*stack.Stack, error) {
	var members []*backbones.Backbone
	for _, p := range parts {
		b, err := backbones.New(p.spec, p.params, backbones.Config{InputSize: size})
		if err != nil {
			return nil, err
		}
		members = append(members, b)
	}
	return stack.New(members...)
}
