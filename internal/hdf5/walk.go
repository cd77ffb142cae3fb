package hdf5

import "fmt"

const maxDepth = 64 // of groups in groups

// Walk visits the groups and datasets of a file by their names, each once, a
// group before what is in it. One of g and d is nil. Soft links and links into
// other files are passed over.
func (f *File) Walk(visit func(g *Group, d *Dataset) error) error {
	root, err := f.Root()
	if err != nil {
		return err
	}
	w := walk{f: f, visit: visit, seen: map[uint64]bool{root.o.addr: true}, paths: f.fresh()}
	return w.group(root, 0)
}

type walk struct {
	f     *File
	visit func(*Group, *Dataset) error
	seen  map[uint64]bool // headers
	paths *reader         // limits the length of all paths together
}

func (w *walk) group(g *Group, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("hdf5: %.100s…: more than %d groups in each other", g.Path, maxDepth)
	}
	if err := w.visit(g, nil); err != nil {
		return err
	}
	names, err := g.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		l := g.o.links[name]
		if l.soft != "" || l.external != "" || w.seen[l.addr] {
			continue
		}
		w.seen[l.addr] = true
		path := join(g.Path, name)
		if err := w.paths.charge(int64(len(path))); err != nil {
			return fmt.Errorf("hdf5: %.100s…: %w", path, err)
		}
		o, err := w.f.object(l.addr)
		switch {
		case err != nil:
			return fmt.Errorf("hdf5: %s: %w", path, err)
		case o.isDataset():
			d, err := w.f.dataset(path, o)
			if err == nil {
				err = w.visit(nil, d)
			}
			if err != nil {
				return err
			}
		case o.isGroup():
			if err := w.group(&Group{Path: path, f: w.f, o: o}, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// join is the path of what is called name in the group at path.
func join(path, name string) string {
	if path == "/" {
		return path + name
	}
	return path + "/" + name
}
