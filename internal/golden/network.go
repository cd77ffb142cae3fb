package golden

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/internal/npy"
)

// Run is one run of a Keras model on closed-form weights and pictures.
type Run struct {
	Kind    string   // layers, top, pool, stack
	Model   string   // Keras's class, such as ResNet50V2
	Models  []string // of a stack
	Seed    string
	Images  []string // the batch
	H, W    int
	Pooling *string // avg, max; nil = none, also where the run has a top
	Files   []string
	Tag     string
	// KerasError is how far Keras's float32 output is from its float64 output.
	KerasError struct {
		Max float64 `json:"max_abs"`
	} `json:"predict_vs_float64"`
	// LogitsError is the same for the logits of a run with top.
	LogitsError struct {
		Max float64 `json:"max_abs"`
	} `json:"logits_vs_float64"`

	dir string
}

// Path returns the path of one of the run's files by its ending, such as
// features64.npy, or "" when the run has none.
func (r Run) Path(ending string) string {
	path := filepath.Join(r.dir, r.Tag+"."+ending)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

// Runs reads all runs of a folder of network cases: DIR/MODEL/runs.jsonl.
func Runs(dir string) ([]Run, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "runs.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("golden: %w", err)
	}
	var runs []Run
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("golden: %w", err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			r := Run{dir: filepath.Dir(file)}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				return nil, fmt.Errorf("golden: %s: %w", file, err)
			}
			runs = append(runs, r)
		}
		f.Close()
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("golden: %s: %w", file, err)
		}
	}
	if len(runs) == 0 {
		return nil, fmt.Errorf("golden: no runs under %s", dir)
	}
	return runs, nil
}

// Layer is what Keras computed for one layer of a run: samples of its output for
// the whole batch, and how far float32 was from float64 there.
type Layer struct {
	Name     string
	Class    string    `json:"cls"`
	Shape    []int     // with the batch
	MaxAbs   float64   `json:"max_abs"`
	NoiseMax float64   `json:"noise_max"`
	Index    []int     `json:"idx"` // flat, NHWC
	F64      []float64 // at Index
}

// Layers reads the layers of a run of kind layers.
func (r Run) Layers() ([]Layer, error) {
	raw, err := os.ReadFile(r.Path("layers.json"))
	if err != nil {
		return nil, fmt.Errorf("golden: %w", err)
	}
	var file struct{ Layers []Layer }
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("golden: %s: %w", r.Path("layers.json"), err)
	}
	return file.Layers, nil
}

// Manifest is the list of a Keras model's layers and weights.
type Manifest struct {
	Model       string
	TopLayers   []string `json:"top_layers"`
	NoTopLayers []string `json:"notop_layers"`
	ParamsTop   int      `json:"params_top"`
	ParamsNoTop int      `json:"params_notop"`
	Layers      []struct {
		Name       string
		Top, NoTop bool
		Weights    []struct {
			Path  string
			Shape []int
			Kind  string
			Gain  float64
		}
	}
}

// ReadManifest reads DIR/MODEL.json.
func ReadManifest(dir, model string) (Manifest, error) {
	file := filepath.Join(dir, model+".json")
	raw, err := os.ReadFile(file)
	if err != nil {
		return Manifest{}, fmt.Errorf("golden: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return Manifest{}, fmt.Errorf("golden: %s: %w", file, err)
	}
	return m, nil
}

// Gain returns the gain of a weight in the closed form, 1 where it has none.
func (m Manifest) Gain(path string) float64 {
	for _, l := range m.Layers {
		for _, w := range l.Weights {
			if w.Path == path && w.Gain != 0 {
				return w.Gain
			}
		}
	}
	return 1
}

// ReadArray reads a .npy file of any type as float64.
func ReadArray(path string) (values []float64, shape []int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("golden: %w", err)
	}
	defer f.Close()
	a, err := npy.Read(f)
	if err != nil {
		return nil, nil, fmt.Errorf("golden: %s: %w", path, err)
	}
	return a.AsFloat64(), a.Shape, nil
}
