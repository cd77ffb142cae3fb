package head

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

const (
	headFile      = "head.json"
	headFormat    = 1
	weightsPrefix = "weights-"
	maxHeadFile   = 16 << 20 // bytes
)

// headJSON is the content of head.json.
type headJSON struct {
	Format      int      `json:"format"`
	Inputs      int      `json:"inputs"`
	Hidden      []int    `json:"hidden,omitempty"`
	Dropout     float64  `json:"dropout,omitempty"`
	L2          float64  `json:"l2,omitempty"`
	Seed        uint64   `json:"seed,omitempty"`
	Weights     string   `json:"weights"`     // folder beside head.json
	Fingerprint string   `json:"fingerprint"` // of the weights
	Classes     []string `json:"classes"`

	Layers json.RawMessage `json:"layers,omitempty"` // of Config.Layers, see nn.Marshal

	Temperature float64 `json:"temperature,omitempty"` // see Head.Calibrate
}

// Save writes the head into the folder dir, which is made if it is missing:
// head.json says what it is and names the folder of its weights. The weights are
// complete on disk before head.json replaces an older one, so that dir holds a
// whole head at every moment, the older or the new.
func (h *Head) Save(dir string) error {
	if err := h.save(dir); err != nil {
		return fmt.Errorf("head: save %s: %w", dir, err)
	}
	return nil
}

func (h *Head) save(dir string) error {
	list, err := nn.Weights(h.probabilities)
	if err != nil {
		return err
	}
	m := weights.Manifest{Model: "head"}
	for _, w := range list {
		m.Parameters = append(m.Parameters, weights.Parameter{Name: w.Name, Shape: w.Shape})
	}
	model, err := h.compiled()
	if err != nil {
		return err
	}
	fingerprint := model.Fingerprint()
	folder := durable.Version(weightsPrefix, fingerprint) // other weights, other folder
	// The folder that head.json names is never replaced, not even by its like:
	// it would be absent for a moment.
	if there, err := open(os.DirFS(dir)); err != nil || there.Fingerprint() != fingerprint {
		if err := weights.Save(filepath.Join(dir, folder), m, h.weights()); err != nil {
			return err
		}
	}
	c := h.config
	j := headJSON{
		Format: headFormat, Inputs: c.Inputs, Hidden: c.Hidden, Dropout: c.Dropout, L2: c.L2, Seed: c.Seed,
		Weights: folder, Fingerprint: fingerprint, Classes: c.Classes,
	}
	if t := h.Temperature(); t != 1 {
		j.Temperature = t
	}
	if c.Layers != nil {
		if j.Layers, err = nn.Marshal(h.logits); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		return err
	}
	if err := durable.WriteBytes(filepath.Join(dir, headFile), append(text, '\n')); err != nil {
		return err
	}
	return durable.RemoveOthers(dir, weightsPrefix, folder)
}

// Open reads the head that [Head.Save] wrote into the folder fsys. A file that is
// missing (fs.ErrNotExist) or damaged, and weights that are not those of the
// head, are named in the error.
func Open(fsys fs.FS) (*Head, error) {
	h, err := open(fsys)
	if err != nil {
		return nil, fmt.Errorf("head: open: %w", err)
	}
	return h, nil
}

func open(fsys fs.FS) (*Head, error) {
	if fsys == nil {
		return nil, errors.New("no folder given")
	}
	j, err := readHead(fsys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", headFile, err)
	}
	c := Config{Inputs: j.Inputs, Classes: j.Classes, Hidden: j.Hidden, Dropout: j.Dropout, L2: j.L2, Seed: j.Seed}
	if j.Layers != nil {
		c.Layers = func(b *nn.Builder, x *nn.Node) *nn.Node { return b.Unmarshal(j.Layers, x) }
	}
	h, err := declare(c)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", headFile, err)
	}
	sub, err := fs.Sub(fsys, j.Weights)
	if err != nil {
		return nil, fmt.Errorf("%s: weights: %w", headFile, err)
	}
	store, err := weights.Dir(sub)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", j.Weights, err)
	}
	if err := h.load(store); err != nil {
		return nil, fmt.Errorf("%s: %w", j.Weights, err)
	}
	if got := h.Fingerprint(); got != j.Fingerprint {
		return nil, fmt.Errorf("%s: want the weights with fingerprint %s, got %s", j.Weights, j.Fingerprint, got)
	}
	if j.Temperature != 0 {
		if err := h.SetTemperature(j.Temperature); err != nil {
			return nil, fmt.Errorf("%s: %w", headFile, err)
		}
	}
	return h, nil
}

func readHead(fsys fs.FS) (headJSON, error) {
	var j headJSON
	if err := readJSON(fsys, headFile, maxHeadFile, &j); err != nil {
		return j, err
	}
	if j.Format != headFormat {
		return j, fmt.Errorf("format: want %d, got %d", headFormat, j.Format)
	}
	if !durable.IsVersion(weightsPrefix, j.Weights) {
		return j, fmt.Errorf("weights: want the name of a folder %s…, got %q", weightsPrefix, j.Weights)
	}
	return j, nil
}

// readJSON reads a file of at most that many bytes into v.
func readJSON(fsys fs.FS, name string, most int64, v any) error {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return err
	}
	if info.Size() > most {
		return fmt.Errorf("want at most %d bytes, got %d", most, info.Size())
	}
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
