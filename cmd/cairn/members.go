package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/head"
	"github.com/cairnml/cairn/stack"
)

// members is the flags that choose a stack of backbones with weights.
type members struct {
	models  []string
	weights string
	size    int
	placement

	backbones []*backbones.Backbone // of the stack that was opened
	columns   []head.SearchMember   // theirs
}

func (m *members) addTo(flags *pflag.FlagSet) {
	flags.StringSliceVar(&m.models, "models", []string{"efficientnetlite0"}, "backbones of the stack, by name and in order")
	m.addWeightsTo(flags)
	flags.IntVar(&m.size, "size", 0, "height and width of the inputs in pixels (0 = each model's own)")
	m.placement.addTo(flags)
}

func (m *members) addWeightsTo(flags *pflag.FlagSet) {
	flags.StringVar(&m.weights, "weights", "", "folder with a folder of weights for each model; embedded, random:SEED or closedform:NAME need none, the last two mean nothing (empty = embedded ones of efficientnetlite0 and 1, else the cache, see cairn weights fetch)")
}

// open makes the stack.
func (m *members) open(ctx context.Context) (*stack.Stack, error) {
	m.backbones, m.columns = nil, nil
	for _, name := range m.models {
		spec, err := backbones.Lookup(name)
		if err != nil {
			return nil, fmt.Errorf("--models: %w", err)
		}
		params, err := openWeights(ctx, m.weights, spec, false)
		if err != nil {
			return nil, err
		}
		b, err := backbones.New(spec, params, backbones.Config{InputSize: m.size, Device: m.device, Precision: m.precision})
		if err != nil {
			return nil, err
		}
		m.backbones = append(m.backbones, b)
		m.columns = append(m.columns, head.SearchMember{Name: name, Features: b.Features()})
	}
	return stack.New(m.backbones...)
}

// openPhotos opens a folder of photos, with labels.csv or with one folder a class,
// a table, a list or an archive.
func openPhotos(name string) (*data.Set, error) {
	set, err := data.Opener{KeepRepeated: true}.Open(name)
	if err != nil {
		return nil, fmt.Errorf("--photos %s: %w", strings.TrimSuffix(name, "/"), err)
	}
	return set, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
