package head

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func TestFromTopTakesTheColumnsOfItsClasses(t *testing.T) {
	top := Top{
		Kernel: []float32{1, 2, -3, 4, 5, 6, -7, 8}, Bias: []float32{0.5, 1, 2, 4},
		Classes: []string{"flat-coated_retriever", "Cardigan", "cardigan", "Great Dane"}, Column: 1, Scale: 2,
	}
	h, matched, err := FromTop(Config{Inputs: 4, Classes: []string{"cardigan", "Flat coated retriever", "great_dane", "mongrel"}, Dropout: 0.5}, top)
	if err != nil || !slices.Equal(matched, []string{"cardigan", "Flat coated retriever", "great_dane"}) {
		t.Fatalf("matched %q, %v", matched, err)
	}
	want := []float32{
		0, 0, 0, 0,
		4, 2, 8, 0,
		12, 10, 16, 0,
		0, 0, 0, 0,
	}
	if got := h.weights()["predictions/kernel"].Float32s(); !slices.Equal(got, want) {
		t.Errorf("kernel: want %v, got %v", want, got)
	}
	if got := h.weights()["predictions/bias"].Float32s(); !slices.Equal(got, []float32{2, 1, 8, 0}) {
		t.Errorf("bias: got %v", got)
	}
	if _, err := h.Predict(context.Background(), make([]float32, 4)); err != nil {
		t.Error(err)
	}

	params := h.weights()
	again, err := ReadTop(params, 4, h.Config().Classes)
	if err != nil || !slices.Equal(again.Kernel, want) {
		t.Errorf("read: %+v, %v", again, err)
	}
	if _, err := ReadTop(params, 5, h.Config().Classes); err == nil {
		t.Error("five inputs: want an error")
	}
}

func TestFromTopRefuses(t *testing.T) {
	config := func() Config { return Config{Inputs: 2, Classes: []string{"a", "b"}} }
	top := func() Top {
		return Top{Kernel: []float32{1, 2, 3, 4}, Bias: []float32{0, 0}, Classes: []string{"a", "c"}}
	}
	for _, c := range []struct {
		change func(*Config, *Top)
		want   string
	}{
		{func(c *Config, _ *Top) { c.Hidden = []int{3} }, "no hidden layers"},
		{func(c *Config, _ *Top) { c.Classes = []string{"x", "y"} }, "got none"},
		{func(c *Config, _ *Top) { c.Inputs = 1 }, "within 1 inputs"},
		{func(_ *Config, top *Top) { top.Column = -1 }, "within 2 inputs"},
		{func(_ *Config, top *Top) { top.Kernel = top.Kernel[:3] }, "got 3 and 2 values"},
		{func(_ *Config, top *Top) { top.Classes = nil }, "kernel"},
		{func(_ *Config, top *Top) { top.Bias = nil }, "kernel"},
		{func(_ *Config, top *Top) { top.Scale = -1 }, "scale"},
	} {
		cfg, tp := config(), top()
		c.change(&cfg, &tp)
		if _, _, err := FromTop(cfg, tp); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
}
