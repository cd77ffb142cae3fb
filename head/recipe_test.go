package head

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/internal/golden"
	"github.com/cairnml/cairn/internal/npy"
)

// What Keras reaches with the tutorial's recipe on these features: the range of
// five seeds (golden/features-lite), which other seeds may leave by a point.
const (
	recipeLowest  = 72.5
	recipeHighest = 74.2
	recipeSlack   = 1.0
	recipeLoss    = 0.915
	recipeLossOff = 0.03
)

// liteFeatures are EfficientNet-Lite0's features of 4,800 photos of dogs, or nil
// where there are none.
func liteFeatures(t testing.TB) *data.Features {
	t.Helper()
	root := golden.Root(t)
	if root == "" {
		return nil
	}
	dogs := filepath.Join(root, "..", "data", "dogs")
	file, err := os.Open(filepath.Join(root, "features-lite", "lite0_4800_float16.npy"))
	if err != nil {
		t.Log(err)
		return nil
	}
	defer file.Close()
	a, err := npy.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	set, err := data.OpenCSV(os.DirFS(dogs), "labels.csv", "train")
	if err != nil {
		t.Log(err)
		return nil
	}
	f := &data.Features{X: a.Float32, Width: a.Shape[1], Classes: set.Classes}
	for _, p := range set.Photos {
		f.Labels = append(f.Labels, p.Class)
	}
	return f
}

func TestRecipeReachesWhatKerasReaches(t *testing.T) {
	if testing.Short() {
		t.Skip("5 trainings of 60 epochs")
	}
	f := liteFeatures(t)
	if f == nil {
		t.Skip("needs the features of real photos")
	}
	fit, held, err := f.Split(0.1)
	if err != nil {
		t.Fatal(err)
	}
	meanLoss, meanAccuracy := 0.0, 0.0
	const seeds = 5
	for seed := range uint64(seeds) {
		h := newHead(t, Config{Inputs: f.Width, Classes: f.Classes, Dropout: 0.7, Seed: seed})
		history := train(t, h, fit, held, Training{Seed: seed, Callbacks: []Callback{
			EarlyStopping{Patience: 10, RestoreBestWeights: true},
			ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
		}})
		e, err := h.Evaluate(t.Context(), held)
		if err != nil {
			t.Fatal(err)
		}
		accuracy := 100 * e.Accuracy
		t.Logf("seed %d: %d epochs, %.1f %%, loss %.3f", seed, len(history), accuracy, e.Loss)
		if accuracy < recipeLowest-recipeSlack || accuracy > recipeHighest+recipeSlack {
			t.Errorf("seed %d: want %v to %v %% right, give or take %v, got %.1f", seed, recipeLowest, recipeHighest, recipeSlack, accuracy)
		}
		meanLoss += e.Loss / seeds
		meanAccuracy += accuracy / seeds
	}
	t.Logf("mean: %.1f %%, loss %.3f", meanAccuracy, meanLoss)
	if meanLoss < recipeLoss-recipeLossOff || meanLoss > recipeLoss+recipeLossOff {
		t.Errorf("want a mean loss of %v, give or take %v, got %.3f", recipeLoss, recipeLossOff, meanLoss)
	}
}
