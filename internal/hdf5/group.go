package hdf5

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Group is a folder of groups and datasets.
type Group struct {
	Path string // absolute
	f    *File
	o    *object
}

// link is an entry of a group.
type link struct {
	name     string
	addr     uint64 // of the header
	soft     string // path that a soft link stands for
	external string // file that an external link points into
}

const maxSoftLinks = 16 // in one path

func (f *File) group(path string, addr uint64) (*Group, error) {
	o, err := f.object(addr)
	if err != nil {
		return nil, fmt.Errorf("hdf5: %s: %w", path, err)
	}
	if !o.isGroup() {
		return nil, fmt.Errorf("hdf5: %s: want a group, got another object", path)
	}
	return &Group{Path: path, f: f, o: o}, nil
}

func (o *object) isGroup() bool {
	return o.has(symbolTableMessage) || o.has(linkInfoMessage) || o.has(linkMessage)
}

// Names lists what is in the group, sorted.
func (g *Group) Names() ([]string, error) {
	if err := g.f.list(g.o); err != nil {
		return nil, fmt.Errorf("hdf5: %s: %w", g.Path, err)
	}
	return g.o.names, nil
}

// Group opens a group by its path, relative or from the root. What is missing
// satisfies errors.Is(err, fs.ErrNotExist).
func (g *Group) Group(name string) (*Group, error) {
	p, o, err := g.find(name)
	if err != nil {
		return nil, err
	}
	return g.f.group(p, o.addr)
}

// Dataset opens a dataset by its path, relative or from the root. What is
// missing satisfies errors.Is(err, fs.ErrNotExist).
func (g *Group) Dataset(name string) (*Dataset, error) {
	p, o, err := g.find(name)
	if err != nil {
		return nil, err
	}
	return g.f.dataset(p, o)
}

// find follows a path, and the soft links in it.
func (g *Group) find(name string) (string, *object, error) {
	full := name
	if !strings.HasPrefix(name, "/") {
		full = join(g.Path, name)
	}
	fail := func(err error) (string, *object, error) { return "", nil, fmt.Errorf("hdf5: %s: %w", full, err) }
	o := g.o
	if strings.HasPrefix(name, "/") {
		root, err := g.f.object(g.f.root)
		if err != nil {
			return fail(err)
		}
		o = root
	}
	rest := strings.Split(name, "/")
	for soft := 0; len(rest) > 0; {
		step := rest[0]
		rest = rest[1:]
		if step == "" || step == "." {
			continue
		}
		l, err := g.f.child(o, step)
		if err != nil {
			return fail(err)
		}
		if l.soft == "" {
			if o, err = g.f.object(l.addr); err != nil {
				return fail(err)
			}
			continue
		}
		if soft++; soft > maxSoftLinks {
			return fail(fmt.Errorf("more than %d soft links, one may point to itself", maxSoftLinks))
		}
		if err := g.f.charge(int64(len(l.soft))); err != nil {
			return fail(err)
		}
		rest = append(strings.Split(l.soft, "/"), rest...)
		if strings.HasPrefix(l.soft, "/") {
			if o, err = g.f.object(g.f.root); err != nil {
				return fail(err)
			}
		}
	}
	return full, o, nil
}

// child finds a link by name in the group o.
func (f *File) child(o *object, name string) (link, error) {
	if !o.isGroup() {
		return link{}, fmt.Errorf("no %q in what is not a group", name)
	}
	if err := f.list(o); err != nil {
		return link{}, fmt.Errorf("looking for %q: %w", name, err)
	}
	l, ok := o.links[name]
	if !ok {
		return link{}, fmt.Errorf("no %q: %w", name, fs.ErrNotExist)
	}
	if l.external != "" {
		return link{}, fmt.Errorf("%q is a link into another file, %q, which is not followed", name, l.external)
	}
	return l, nil
}

// list reads the links of a group, once.
func (f *File) list(o *object) error {
	if o.links != nil {
		return nil
	}
	links := map[string]link{}
	var names []string
	add := func(l link) error {
		if _, double := links[l.name]; double {
			return fmt.Errorf("%q is there twice", l.name)
		}
		if err := f.charge(int64(len(l.name))); err != nil {
			return err
		}
		links[l.name] = l
		names = append(names, l.name)
		return nil
	}
	for _, read := range []func(*object, func(link) error) error{f.symbols, f.linkMessages, f.denseLinks} {
		if err := read(o, add); err != nil {
			return err
		}
	}
	slices.Sort(names)
	o.links, o.names = links, names
	return nil
}
