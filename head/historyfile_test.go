package head

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestHistoryFiles(t *testing.T) {
	h := History{
		{N: 1, Loss: 2.5, Accuracy: 0.125, ValLoss: math.NaN(), ValAccuracy: 0.25, ValRows: 1, LearningRate: 1e-3},
		{N: 2, Loss: 1.5, Accuracy: 0.5, ValLoss: 1.75, ValAccuracy: 0.5, ValRows: 1, LearningRate: 5e-4},
	}
	var s strings.Builder
	if err := h.WriteJSON(&s); err != nil {
		t.Fatal(err)
	}
	got, err := ReadHistory(strings.NewReader(s.String()))
	if diff := cmp.Diff(h, got, cmpopts.EquateNaNs()); err != nil || diff != "" {
		t.Errorf("%v in\n%s%s", err, s.String(), diff)
	}
	s.Reset()
	want := "epoch,accuracy,learning_rate,loss,val_accuracy,val_loss\n0,0.125,0.001,2.5,0.25,NaN\n1,0.5,0.0005,1.5,0.5,1.75\n"
	if err := h.WriteCSV(&s); err != nil || s.String() != want {
		t.Errorf("want\n%sgot\n%s%v", want, s.String(), err)
	}
	for _, bad := range []string{"", "{", `{"loss":[1,2],"accuracy":[1]}`, `{"loss":["a"]}`} {
		if _, err := ReadHistory(strings.NewReader(bad)); err == nil {
			t.Errorf("%q: want an error", bad)
		}
	}
}

func FuzzReadHistory(f *testing.F) {
	f.Add(`{"loss":[1,null],"accuracy":[0.5,1],"val_loss":[1,2],"val_accuracy":[0,1],"learning_rate":[1,1]}`)
	f.Add(`{"loss":[],"accuracy":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := ReadHistory(strings.NewReader(text))
		if err != nil {
			return
		}
		if err := h.WriteTable(&strings.Builder{}); err != nil {
			t.Error(err)
		}
	})
}
