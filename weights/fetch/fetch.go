package fetch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights"
)

// Weights opens the weight folder of a backbone in o.Dir, [Folder], and fetches
// it first where it is missing or its manifest is damaged. As [weights.Dir] says,
// files are verified when they are read. What no source has is an error that
// lists the sources with what each did wrong.
func Weights(ctx context.Context, s backbones.Spec, o Options) (*weights.Store, error) {
	name := Folder(s.Name, o.Top)
	var store *weights.Store
	open := func() (err error) {
		store, err = weights.Dir(os.DirFS(filepath.Join(o.Dir, name)))
		return err
	}
	convert := func(p *part, f File, o Options) error { return convert(p, f, s, o) }
	if err := o.ensure(ctx, s.Name, o.Top, open, convert); err != nil {
		return nil, fmt.Errorf("fetch: %s: %w", name, err)
	}
	return store, nil
}

// Classes reads Keras's class index in o.Dir, the file [ClassIndex].json, and
// fetches it first where it is missing or damaged.
func Classes(ctx context.Context, o Options) ([]backbones.Class, error) {
	var classes []backbones.Class
	open := func() (err error) {
		classes, err = o.readClasses()
		return err
	}
	keep := func(p *part, f File, o Options) error { return p.rename(filepath.Join(o.Dir, ClassIndex+".json")) }
	if err := o.ensure(ctx, ClassIndex, false, open, keep); err != nil {
		return nil, fmt.Errorf("fetch: %s: %w", ClassIndex, err)
	}
	return classes, nil
}

// ensure has open succeed: it fetches the file of a model and hands it to keep,
// unless open succeeds without.
func (o Options) ensure(ctx context.Context, model string, top bool, open func() error, keep func(*part, File, Options) error) error {
	o, err := o.fill()
	if err != nil {
		return err
	}
	openErr := open()
	if openErr == nil || o.Offline {
		return openErr
	}
	f, err := o.file(model, top)
	if err != nil {
		if !errors.Is(openErr, fs.ErrNotExist) {
			err = errors.Join(openErr, err)
		}
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return err
	}
	name := Folder(model, top)
	unlock, err := lock(ctx, filepath.Join(o.Dir, "."+name+".lock"), func() { o.Progress(Progress{Step: Wait, File: f.Name()}) })
	if err != nil {
		return err
	}
	defer unlock()
	if open() == nil { // another process has fetched it meanwhile
		return nil
	}
	if err := removeLeftovers(o.Dir, name, partName(f)); err != nil {
		return err
	}
	p, err := o.get(ctx, f)
	if err != nil {
		return err
	}
	defer p.close()
	if err := keep(p, f, o); err != nil {
		return err
	}
	return open()
}

// removeLeftovers removes the temporary files and folders of processes that were
// killed. The lock must be held.
func removeLeftovers(dir string, names ...string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		for _, name := range names {
			if strings.HasPrefix(e.Name(), "."+name+".") && strings.HasSuffix(e.Name(), ".tmp") {
				err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
			}
		}
	}
	return err
}
