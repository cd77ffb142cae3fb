package fetch

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/backbones"
)

// readClasses reads the class index in o.Dir and checks its hash.
func (o Options) readClasses() ([]backbones.Class, error) {
	o, err := o.fill()
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(o.Dir, ClassIndex+".json"))
	if err != nil {
		return nil, err
	}
	f, err := o.file(ClassIndex, false)
	if err != nil {
		return nil, err
	}
	if _, err := f.verify(bytes.NewReader(raw), func(int64) error { return nil }); err != nil {
		return nil, err
	}
	return backbones.ReadClasses(bytes.NewReader(raw))
}
