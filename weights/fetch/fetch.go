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

// Weights opens the weight folder of a backbone, named like it, in o.Dir, and
// fetches it first where it is missing or was fetched without the top that is asked
// for. As [weights.Dir] says, files are verified when they are read. What no source
// has is an error that lists the sources with what each did wrong.
func Weights(ctx context.Context, s backbones.Spec, o Options) (*weights.Store, error) {
	parameters, err := s.Parameters(backbones.Config{Top: o.Top})
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	dir := filepath.Join(o.Dir, s.Name)
	var store *weights.Store
	open := func() (err error) {
		if store, err = weights.Dir(os.DirFS(dir)); err != nil {
			return err
		}
		return lacks(store.Manifest(), parameters)
	}
	convert := func(p *part, f File, o Options) error { return convert(p, f, parameters, o) }
	if err := o.ensure(ctx, s.Name, open, convert); err != nil {
		return nil, fmt.Errorf("fetch: %s: %w", s.Name, err)
	}
	return store, nil
}

// lacks returns an error if a folder is without one of the parameters, one that is
// fs.ErrNotExist if it may be fetched again. One without a list is trusted.
func lacks(m weights.Manifest, parameters []weights.Parameter) error {
	if len(m.Parameters) == 0 {
		return nil
	}
	there := make(map[string]bool, len(m.Parameters))
	for _, p := range m.Parameters {
		there[p.Name] = true
	}
	for _, p := range parameters {
		switch {
		case there[p.Name]:
		case strings.HasPrefix(m.Source, fetchedFrom):
			return fmt.Errorf("the folder is without %s: %w", p.Name, fs.ErrNotExist)
		default:
			return fmt.Errorf("the folder is without %s, and was not fetched, but %q: it is not replaced", p.Name, m.Source)
		}
	}
	return nil
}

// Classes reads Keras's class index in o.Dir, the file [ClassIndex].json, and
// fetches it first where it is missing or damaged.
func Classes(ctx context.Context, o Options) ([]backbones.Class, error) {
	o.Top = false
	var classes []backbones.Class
	open := func() (err error) {
		classes, err = o.readClasses()
		return err
	}
	keep := func(p *part, f File, o Options) error { return p.rename(filepath.Join(o.Dir, ClassIndex+".json")) }
	if err := o.ensure(ctx, ClassIndex, open, keep); err != nil {
		return nil, fmt.Errorf("fetch: %s: %w", ClassIndex, err)
	}
	return classes, nil
}

// ensure has open succeed: it fetches the file of a model and hands it to keep,
// unless open succeeds without.
func (o Options) ensure(ctx context.Context, model string, open func() error, keep func(*part, File, Options) error) error {
	o, err := o.fill()
	if err != nil {
		return err
	}
	if err := open(); o.Offline || !absentOrDamaged(err) {
		return err
	}
	f, err := o.file(model, o.Top)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o777); err != nil {
		return err
	}
	unlock, err := Lock(ctx, o.Dir, model, func() { o.Progress(Progress{Step: Wait, File: f.Name()}) })
	if err != nil {
		return err
	}
	defer unlock()
	if err := open(); !absentOrDamaged(err) { // another process has put it there meanwhile
		return err
	}
	if err := removeLeftovers(o.Dir, partName(f)); err != nil {
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

// absentOrDamaged reports whether an error of opening is one that fetching mends.
func absentOrDamaged(err error) bool {
	var wrong *hashError
	return errors.Is(err, fs.ErrNotExist) || errors.As(err, &wrong)
}
