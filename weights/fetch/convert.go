package fetch

import (
	"path/filepath"
	"runtime/debug"

	"github.com/cairnml/cairn/weights"
)

// fetchedFrom begins the [weights.Manifest.Source] of what may be replaced.
const fetchedFrom = "fetched from "

// convert turns a downloaded .h5 file into the weight folder of a backbone and
// removes the file.
func convert(p *part, f File, parameters []weights.Parameter, o Options) error {
	o.Progress(Progress{Step: Convert, File: f.Name(), From: p.from})
	h, err := weights.OpenH5(p.file, p.size)
	if err != nil {
		return err
	}
	params, err := h.Match(parameters)
	if err != nil {
		return err
	}
	err = weights.Save(filepath.Join(o.Dir, f.Model), weights.Manifest{
		Model: f.Model, Source: fetchedFrom + p.from, SourceFile: f.Name(), SourceSHA256: p.sha256,
		Tool: tool(), Parameters: parameters,
	}, params)
	if err != nil {
		return err
	}
	return p.remove()
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
