package data

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"unicode/utf8"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/internal/npy"
)

// shardBytes is what a table may take before the next one is begun.
const shardBytes = 1 << 30

// FeaturesWriter writes a folder of features a row at a time, so that they need
// not be in memory. Nothing is to be seen of them before Commit.
type FeaturesWriter struct {
	dir       string
	about     Features // without rows
	shardRows int

	shards  []*durable.Staged
	out     *bufio.Writer // into the last shard
	labels  []int64
	files   []string
	digests [][32]byte
}

// CreateFeatures begins a folder of features, made if missing. Of about it takes
// Width, Classes, Members and Source. What killed writers left there is removed.
func CreateFeatures(dir string, about *Features) (*FeaturesWriter, error) {
	w := &FeaturesWriter{dir: dir, about: Features{Width: about.Width, Classes: about.Classes, Members: about.Members, Source: about.Source}}
	err := w.about.checkNames()
	if i := slices.IndexFunc(w.about.Classes, func(name string) bool { return !utf8.ValidString(name) }); err == nil && i >= 0 {
		err = fmt.Errorf("class %d: want a name in UTF-8, got %q", i, w.about.Classes[i])
	}
	if err == nil && w.about.Width < 1 {
		err = fmt.Errorf("want at least one column, got %d", w.about.Width)
	}
	if err != nil {
		return nil, fmt.Errorf("data: features: %w", err)
	}
	w.shardRows = max(1, shardBytes/4/w.about.Width)
	if err := errors.Join(os.MkdirAll(dir, 0o777), finishFeatures(dir), durable.Sweep(dir)); err != nil {
		return nil, fmt.Errorf("data: features: %w", err)
	}
	return w, nil
}

// Append adds a row, [Width], with its label, the photo's file and the SHA-256 of
// that. The row is not held on to.
func (w *FeaturesWriter) Append(row []float32, label int, file string, digest [32]byte) error {
	if err := w.append(row, label, file, digest); err != nil {
		return fmt.Errorf("data: features: row %d (%s): %w", len(w.labels), file, err)
	}
	return nil
}

func (w *FeaturesWriter) append(row []float32, label int, file string, digest [32]byte) error {
	if err := w.check(row, label, file); err != nil {
		return err
	}
	if len(w.labels)%w.shardRows == 0 {
		if err := w.nextShard(); err != nil {
			return err
		}
	}
	if err := npy.WriteFloat32(w.out, row); err != nil {
		return err
	}
	w.labels, w.files, w.digests = append(w.labels, int64(label)), append(w.files, file), append(w.digests, digest)
	return nil
}

func (w *FeaturesWriter) check(row []float32, label int, file string) error {
	if len(row) != w.about.Width {
		return fmt.Errorf("want %d values, got %d", w.about.Width, len(row))
	}
	if label < 0 || label >= len(w.about.Classes) {
		return fmt.Errorf("want a label from 0 to %d, got %d", len(w.about.Classes)-1, label)
	}
	if c := notFinite(row); c >= 0 {
		return fmt.Errorf("column %d: want a finite value, got %v", c, row[c])
	}
	if !utf8.ValidString(file) {
		return fmt.Errorf("want a file name in UTF-8, got %q", file)
	}
	return nil
}

// nextShard ends a table and begins the next. The number of its rows is written
// when it is known.
func (w *FeaturesWriter) nextShard() error {
	if err := w.endShard(); err != nil {
		return err
	}
	s, err := durable.Stage(w.dir, featuresTable)
	if err != nil {
		return err
	}
	w.shards = append(w.shards, s)
	w.out = bufio.NewWriterSize(s.File, 1<<20)
	return npy.WriteHeader(w.out, npy.Header{Shape: []int{0, w.about.Width}})
}

func (w *FeaturesWriter) endShard() error {
	if w.out == nil {
		return nil
	}
	s := w.shards[len(w.shards)-1]
	rows := len(w.labels) - (len(w.shards)-1)*w.shardRows
	err := w.out.Flush()
	w.out = nil
	if err == nil {
		_, err = s.File.Seek(0, io.SeekStart)
	}
	if err == nil {
		// NumPy's headers leave room for this: it is as long as before.
		err = npy.WriteHeader(s.File, npy.Header{Shape: []int{rows, w.about.Width}})
	}
	if err == nil {
		err = s.Seal()
	}
	return err
}

// Commit puts the features in place of those that the folder had. Readers find
// the old or the new at every moment, also after a crash. It is an error if there
// is no row.
func (w *FeaturesWriter) Commit() error {
	if err := w.commit(); err != nil {
		return fmt.Errorf("data: features: %w", err)
	}
	return nil
}

func (w *FeaturesWriter) commit() error {
	if len(w.labels) == 0 {
		return errors.New("want at least one row, got none")
	}
	if err := w.endShard(); err != nil {
		return err
	}
	m := featuresManifest{
		Format: featuresForm, Rows: len(w.labels), Width: w.about.Width, Decoder: DecoderVersion,
		Source: w.about.Source, Members: w.about.Members,
	}
	for i, s := range w.shards {
		s.Name = shardName(i, len(w.shards))
		m.Tables = append(m.Tables, savedFile{s.Name, s.Size, s.SHA256})
	}
	staged := w.shards
	parts, err := w.lists()
	for _, p := range parts {
		defer p.Drop()
		staged = append(staged, p)
		m.Lists = append(m.Lists, savedFile{p.Name, p.Size, p.SHA256})
	}
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	if err := durable.Replace(w.dir, featuresIndex, append(text, '\n'), staged); err != nil {
		return err
	}
	w.shards = nil
	return removeOtherTables(w.dir, m)
}

// lists writes what is not the table, each into its file.
func (w *FeaturesWriter) lists() ([]*durable.Staged, error) {
	var done []*durable.Staged
	for _, l := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{classesList, func(out io.Writer) error { return writeList(out, w.about.Classes) }},
		{idsList, func(out io.Writer) error { return writeList(out, w.files) }},
		{labelsList, func(out io.Writer) error {
			return npy.Write(out, &npy.Array{Header: npy.Header{Dtype: npy.Int64, Shape: []int{len(w.labels)}}, Int64: w.labels})
		}},
		{digestsList, func(out io.Writer) error { return writeDigests(out, w.digests) }},
	} {
		s, err := durable.Stage(w.dir, l.name)
		if err != nil {
			return done, err
		}
		done = append(done, s)
		out := bufio.NewWriter(s.File)
		if err := errors.Join(l.write(out), out.Flush()); err != nil {
			return done, fmt.Errorf("%s: %w", l.name, err)
		}
		if err := s.Seal(); err != nil {
			return done, err
		}
	}
	return done, nil
}

// Close removes what was not committed.
func (w *FeaturesWriter) Close() error {
	var errs []error
	for _, s := range w.shards {
		errs = append(errs, s.Drop())
	}
	w.shards = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("data: features: %w", err)
	}
	return nil
}
