package head

import (
	"math"
	"os"
	"strconv"
	"testing"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

// TestCompareHeads prints how the heads do on EfficientNet-Lite0's features of
// 4,800 photos of dogs, by stratified splits with the seeds 0, 1, 2 …, a tenth held
// out: CAIRN_COMPARE_HEADS=5 go test -run CompareHeads -v ./head. The tutorial's
// recipe stops early, and takes the best epoch, by the very rows that it is
// scored on; "apart" does so by a tenth of the rows to fit. The others never see
// the held-out rows.
func TestCompareHeads(t *testing.T) {
	splits, err := strconv.Atoi(os.Getenv("CAIRN_COMPARE_HEADS"))
	if err != nil || splits < 2 {
		t.Skip("takes 20 seconds a split: CAIRN_COMPARE_HEADS says how many, 2 or more")
	}
	f := liteFeatures(t)
	if f == nil {
		t.Skip("needs the features of real photos")
	}
	heads := []struct {
		name string
		fit  func(t *testing.T, fit, held *data.Features, seed uint64) *Head
	}{
		{"recipe", recipeHead},
		{"recipe, apart", apart(recipeHead)},
		{"logistic", func(t *testing.T, fit, _ *data.Features, _ uint64) *Head {
			h, err := Logistic(t.Context(), fit, LogisticConfig{})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}},
		{"logistic, top", func(t *testing.T, fit, _ *data.Features, _ uint64) *Head {
			top := liteTop(t, fit)
			h, err := Logistic(t.Context(), fit, LogisticConfig{Top: &top})
			if err != nil {
				t.Fatal(err)
			}
			return h
		}},
		{"from top, apart", apart(topHead)},
	}
	accuracy, loss := make([][]float64, len(heads)), make([][]float64, len(heads))
	for seed := range uint64(splits) {
		fit, held, err := f.SplitStratified(0.1, seed)
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range heads {
			e, err := h.fit(t, fit, held, seed).Evaluate(t.Context(), held)
			if err != nil {
				t.Fatal(err)
			}
			accuracy[i], loss[i] = append(accuracy[i], 100*e.Accuracy), append(loss[i], e.Loss)
			t.Logf("split %d: %-16s %.2f %%, loss %.3f", seed, h.name, 100*e.Accuracy, e.Loss)
		}
	}
	for i, h := range heads {
		a, _ := meanAndError(accuracy[i])
		l, _ := meanAndError(loss[i])
		text := ""
		for _, base := range []int{0, 1} {
			differences := make([]float64, splits)
			for s := range differences {
				differences[s] = accuracy[i][s] - accuracy[base][s]
			}
			d, e := meanAndError(differences)
			text += "   against " + heads[base].name + " " + strconv.FormatFloat(d, 'f', 2, 64) + " ± " + strconv.FormatFloat(e, 'f', 2, 64)
		}
		t.Logf("%-16s %.2f %%, loss %.3f %s", h.name, a, l, text)
	}
}

// meanAndError returns the mean and its standard error.
func meanAndError(values []float64) (mean, deviation float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / (n - 1) / n)
}

func recipeHead(t *testing.T, fit, held *data.Features, seed uint64) *Head {
	h := newHead(t, Config{Inputs: fit.Width, Classes: fit.Classes, Dropout: 0.7, Seed: seed})
	return trained(t, h, fit, held, Training{Seed: seed})
}

func topHead(t *testing.T, fit, held *data.Features, seed uint64) *Head {
	h, _, err := FromTop(Config{Inputs: fit.Width, Classes: fit.Classes, Dropout: 0.7, Seed: seed}, liteTop(t, fit))
	if err != nil {
		t.Fatal(err)
	}
	return trained(t, h, fit, held, Training{Seed: seed, LearningRate: 1e-4})
}

// liteTop is EfficientNet-Lite0's.
func liteTop(t *testing.T, fit *data.Features) Top {
	params, err := efficientnetlite0.Weights()
	if err != nil {
		t.Fatal(err)
	}
	top, err := ReadTop(params, fit.Width, efficientnetlite0.Classes())
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// trained trains h with the tutorial's callbacks.
func trained(t *testing.T, h *Head, fit, held *data.Features, c Training) *Head {
	c.Callbacks = []Callback{
		EarlyStopping{Patience: 10, RestoreBestWeights: true},
		ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
	}
	train(t, h, fit, held, c)
	return h
}

// apart has a head stop by a tenth of the rows to fit instead of the held-out
// ones.
func apart(fitTo func(*testing.T, *data.Features, *data.Features, uint64) *Head) func(*testing.T, *data.Features, *data.Features, uint64) *Head {
	return func(t *testing.T, fit, _ *data.Features, seed uint64) *Head {
		fit, judging, err := fit.SplitStratified(0.1, seed)
		if err != nil {
			t.Fatal(err)
		}
		return fitTo(t, fit, judging, seed)
	}
}
