package fetch

import (
	"path/filepath"
	"runtime/debug"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/nn"
	"github.com/cairnml/cairn/weights"
)

// convert turns a downloaded .h5 file into the weight folder of a backbone and
// removes the file.
func convert(p *part, f File, s backbones.Spec, o Options) error {
	o.Progress(Progress{Step: Convert, File: f.Name(), From: p.from})
	parameters, err := declared(s, f.Top)
	if err != nil {
		return err
	}
	h, err := weights.OpenH5(p.file, p.size)
	if err != nil {
		return err
	}
	params, err := h.Match(parameters)
	if err != nil {
		return err
	}
	err = weights.Save(filepath.Join(o.Dir, Folder(f.Model, f.Top)), weights.Manifest{
		Model: f.Model, Source: "fetched from " + p.from, SourceFile: f.Name(), SourceSHA256: p.sha256,
		Tool: tool(), Parameters: parameters,
	}, params)
	if err != nil {
		return err
	}
	return p.remove()
}

// declared lists the parameters of a backbone in Keras's order.
func declared(s backbones.Spec, top bool) ([]weights.Parameter, error) {
	_, output, err := s.Declare(backbones.Config{Top: top})
	if err != nil {
		return nil, err
	}
	list, err := nn.Weights(output)
	if err != nil {
		return nil, err
	}
	parameters := make([]weights.Parameter, len(list))
	for i, w := range list {
		parameters[i] = weights.Parameter{Name: w.Name, Shape: w.Shape}
	}
	return parameters, nil
}

// tool names this library with the version that the build knows.
func tool() string {
	const module = "github.com/cairnml/cairn"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == module && m.Version != "" {
				return "cairn " + m.Version
			}
		}
	}
	return "cairn"
}
