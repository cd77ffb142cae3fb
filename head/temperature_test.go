package head

import (
	"context"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cairnml/cairn/data"
)

// sharpened is a head whose weights are those of a trained one times factor: too
// sure by as much.
func sharpened(t *testing.T, factor float32) (h *Head, fit, held *data.Features) {
	fit, held = noisy(t)
	h = newHead(t, Config{})
	train(t, h, fit, held, Training{Epochs: 30, Batch: 32, LearningRate: 0.01})
	for _, v := range h.weights() {
		for i, w := range v.Float32s() {
			v.Float32s()[i] = factor * w
		}
	}
	h.use(h.weights())
	return h, fit, held
}

func TestCalibrateFindsTheTemperature(t *testing.T) {
	ctx := context.Background()
	h, _, held := sharpened(t, 1)
	base, err := h.Calibrate(ctx, held)
	if err != nil {
		t.Fatal(err)
	}
	h, _, held = sharpened(t, 4)
	before, err := h.Evaluate(ctx, held)
	if err != nil {
		t.Fatal(err)
	}
	sure, _ := h.Predict(ctx, held.X)
	got, err := h.Calibrate(ctx, held)
	if err != nil || math.Abs(got/(4*base)-1) > 1e-6 { // float32 logits
		t.Errorf("want a temperature of 4·%v, got %v, %v", base, got, err)
	}
	after, err := h.Evaluate(ctx, held)
	if err != nil || after.Loss >= before.Loss || after.Accuracy != before.Accuracy || after.Top5 != before.Top5 {
		t.Errorf("want less loss and the same accuracy: %+v, then %+v, %v", before, after, err)
	}
	for _, factor := range []float64{0.98, 1.02} { // it is the least loss around
		if err := h.SetTemperature(got * factor); err != nil {
			t.Fatal(err)
		}
		if e, err := h.Evaluate(ctx, held); err != nil || e.Loss < after.Loss {
			t.Errorf("temperature %v: loss %v is less than %v, %v", got*factor, e.Loss, after.Loss, err)
		}
	}

	if err := h.SetTemperature(got); err != nil {
		t.Fatal(err)
	}
	want, _ := h.Predict(ctx, held.X)
	if again, err := h.Calibrate(ctx, held); err != nil || math.Abs(again-got) > 1e-6 {
		t.Errorf("calibrated twice: want %v, got %v, %v", got, again, err)
	}
	if err := h.SetTemperature(got); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := h.Save(dir); err != nil {
		t.Fatal(err)
	}
	opened, err := Open(os.DirFS(dir))
	if err != nil || opened.Temperature() != got {
		t.Fatalf("opened: want temperature %v, got %v", got, err)
	}
	if p, err := opened.Predict(ctx, held.X); err != nil || !slices.Equal(p, want) {
		t.Errorf("the opened head predicts otherwise: %v", err)
	}
	if err := h.SetTemperature(1); err != nil {
		t.Fatal(err)
	}
	if p, err := h.Predict(ctx, held.X); err != nil || !slices.Equal(p, sure) {
		t.Errorf("temperature 1 predicts otherwise than no temperature: %v", err)
	}
}

func TestTemperatureEndsWithTheWeights(t *testing.T) {
	h, fit, _ := sharpened(t, 1)
	if err := h.SetTemperature(2); err != nil {
		t.Fatal(err)
	}
	train(t, h, fit, nil, Training{Epochs: 1})
	if got := h.Temperature(); got != 1 {
		t.Errorf("after training: want temperature 1, got %v", got)
	}
	for _, bad := range []float64{0, -1, 21, math.NaN(), math.Inf(1)} {
		if err := h.SetTemperature(bad); err == nil || !strings.Contains(err.Error(), "want 0.05 to 20") {
			t.Errorf("temperature %v: got %v", bad, err)
		}
	}
	if _, err := h.Calibrate(context.Background(), nil); err == nil {
		t.Error("no rows: want an error")
	}
}

func TestCalibrateOfRowsAllRightIsBounded(t *testing.T) {
	if got := bestTemperature([]float32{5, 0, 0, 5}, []int{0, 1}); math.Abs(got-minTemperature) > 1e-9 {
		t.Errorf("all right: want %v, got %v", minTemperature, got)
	}
	if got := bestTemperature([]float32{5, 0, 0, 5}, []int{1, 0}); math.Abs(got-maxTemperature) > 1e-9 {
		t.Errorf("all wrong: want %v, got %v", maxTemperature, got)
	}
}
