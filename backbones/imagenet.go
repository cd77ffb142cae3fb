package backbones

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Class is one of the 1,000 classes of ImageNet.
type Class struct {
	ID   string // of WordNet, such as n02504458
	Name string // such as African_elephant
}

// Guess is a class with its probability.
type Guess struct {
	Class
	Probability float32
}

// maxClassIndex is more than 25 times Keras's file, in bytes.
const maxClassIndex = 1 << 20

// ReadClasses reads Keras's imagenet_class_index.json, which maps "0" to "999" to
// pairs of ID and name. A missing class is an error.
func ReadClasses(r io.Reader) ([]Class, error) {
	raw, err := io.ReadAll(io.LimitReader(r, maxClassIndex+1))
	if err != nil {
		return nil, fmt.Errorf("backbones: class index: %w", err)
	}
	if len(raw) > maxClassIndex {
		return nil, fmt.Errorf("backbones: class index: want at most %d bytes, got more", maxClassIndex)
	}
	var index map[string][]string
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("backbones: class index: %w", err)
	}
	if len(index) != classes {
		return nil, fmt.Errorf("backbones: class index: want %d classes, got %d", classes, len(index))
	}
	list := make([]Class, classes)
	for i := range list {
		pair := index[strconv.Itoa(i)]
		if len(pair) != 2 {
			return nil, fmt.Errorf("backbones: class index: class %d: want ID and name, got %q", i, pair)
		}
		list[i] = Class{ID: pair[0], Name: pair[1]}
	}
	return list, nil
}

// Decode returns the k most probable classes, best first, of what
// [Backbone.Extract] writes with Config.Top, as Keras's decode_predictions does.
func Decode(probabilities []float32, index []Class, k int) ([]Guess, error) {
	if len(probabilities) != len(index) {
		return nil, fmt.Errorf("backbones: decode: want a probability for each of %d classes, got %d", len(index), len(probabilities))
	}
	list := make([]Guess, len(index))
	for i, c := range index {
		list[i] = Guess{Class: c, Probability: probabilities[i]}
	}
	slices.SortStableFunc(list, func(a, b Guess) int {
		switch {
		case a.Probability > b.Probability:
			return -1
		case a.Probability < b.Probability:
			return 1
		}
		return 0
	})
	return list[:max(0, min(k, len(list)))], nil
}
