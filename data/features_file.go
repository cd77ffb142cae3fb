package data

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/cairnml/cairn/internal/durable"
	"github.com/cairnml/cairn/internal/npy"
)

// The files of a folder of features.
const (
	featuresIndex = "manifest.json"
	featuresTable = "features.npy" // or shards
	idsList       = "ids.json"
	labelsList    = "labels.npy"
	classesList   = "classes.json"
	digestsList   = "sha256.txt"
	featuresForm  = 2
)

// featuresManifest is the content of manifest.json.
type featuresManifest struct {
	Format  int             `json:"format"`
	Rows    int             `json:"rows"`
	Width   int             `json:"width"`
	Decoder string          `json:"decoder"` // DecoderVersion
	Source  string          `json:"source,omitempty"`
	Members []FeatureMember `json:"members,omitempty"`
	Tables  []savedFile     `json:"tables"`
	Lists   []savedFile     `json:"lists"`
}

// savedFile is what the manifest says of another file.
type savedFile struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// shardName is the name of table i of n.
func shardName(i, n int) string {
	if n == 1 {
		return featuresTable
	}
	return fmt.Sprintf("features-%05d-of-%05d.npy", i, n)
}

var shardPattern = regexp.MustCompile(`^features(-\d{5}-of-\d{5})?\.npy$`)

// Save writes the features into a folder, which is made if it is missing:
//
//	features.npy   float32 [Len, Width]; beyond 1 GB features-00000-of-00008.npy and so on
//	labels.npy     int64 [Len]
//	classes.json   names, by label
//	ids.json       photo of each row
//	sha256.txt     of each photo
//	manifest.json  sizes, members, Source, and the SHA-256 of all of these files
//
// Readers find the old or the new features at every moment, also after a crash.
func (f *Features) Save(dir string) error {
	if err := f.Validate(); err != nil {
		return err
	}
	w, err := CreateFeatures(dir, f)
	if err != nil {
		return err
	}
	return errors.Join(f.write(w), w.Close())
}

func (f *Features) write(w *FeaturesWriter) error {
	for i := range f.Len() {
		var file string
		if len(f.Files) != 0 {
			file = f.Files[i]
		}
		var digest [32]byte
		if len(f.Digests) != 0 {
			digest = f.Digests[i]
		}
		if err := w.Append(f.Row(i), f.Labels[i], file, digest); err != nil {
			return err
		}
	}
	if len(f.Files) == 0 {
		w.files = nil
	}
	if len(f.Digests) == 0 {
		w.digests = nil
	}
	return w.Commit()
}

// writeList writes names as JSON, one a line.
func writeList(w io.Writer, names []string) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	if names == nil {
		names = []string{}
	}
	return e.Encode(names)
}

func writeDigests(w io.Writer, digests [][32]byte) error {
	for _, d := range digests {
		if _, err := fmt.Fprintf(w, "%x\n", d); err != nil {
			return err
		}
	}
	return nil
}

// finishFeatures ends the Commit of a process that was killed in it.
func finishFeatures(dir string) error {
	m, err := readManifest(os.DirFS(dir))
	if err != nil {
		return nil // none, or not ours to mend
	}
	for _, f := range slices.Concat(m.Tables, m.Lists) {
		if err := durable.Finish(dir, f.Name, f.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// removeOtherTables removes shards of what the folder had before.
func removeOtherTables(dir string, m featuresManifest) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !shardPattern.MatchString(e.Name()) || slices.ContainsFunc(m.Tables, func(f savedFile) bool { return f.Name == e.Name() }) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// OpenFeatures reads the features that Save wrote into the folder fsys. A file
// that is missing (fs.ErrNotExist), damaged or not of the manifest beside it is
// named in the error.
func OpenFeatures(fsys fs.FS) (*Features, error) {
	f, err := openFeatures(fsys)
	if err != nil {
		return nil, fmt.Errorf("data: open features: %w", err)
	}
	return f, nil
}

func openFeatures(fsys fs.FS) (*Features, error) {
	m, err := readManifest(fsys)
	if err != nil {
		return nil, err
	}
	f, err := m.features(fsys)
	if err != nil {
		return nil, err
	}
	for _, t := range m.Tables {
		x, err := m.readTable(fsys, t)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		if f.X = append(f.X, x...); len(m.Tables) == 1 {
			f.X = x
		}
	}
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", featuresIndex, err)
	}
	return f, nil
}

func readManifest(fsys fs.FS) (featuresManifest, error) {
	var m featuresManifest
	text, err := fs.ReadFile(fsys, featuresIndex)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", featuresIndex, err)
	}
	if err := m.check(); err != nil {
		return m, fmt.Errorf("%s: %w", featuresIndex, err)
	}
	return m, nil
}

func (m *featuresManifest) check() error {
	if m.Format != featuresForm {
		return fmt.Errorf("want format %d, got %d", featuresForm, m.Format)
	}
	if m.Rows < 1 || m.Width < 1 {
		return fmt.Errorf("want at least one row and one column, got %d×%d", m.Rows, m.Width)
	}
	if len(m.Tables) == 0 || len(m.Tables) > m.Rows {
		return fmt.Errorf("want at least one table and at most one a row, got %d", len(m.Tables))
	}
	for i, t := range m.Tables {
		if want := shardName(i, len(m.Tables)); t.Name != want {
			return fmt.Errorf("table %d: want %s, got %q", i, want, t.Name)
		}
	}
	lists := []string{classesList, idsList, labelsList, digestsList}
	for i, want := range lists {
		if i >= len(m.Lists) || m.Lists[i].Name != want {
			return fmt.Errorf("lists: want %v, got %v", lists, m.Lists)
		}
	}
	for _, f := range slices.Concat(m.Tables, m.Lists) {
		if sum, err := hex.DecodeString(f.SHA256); err != nil || len(sum) != sha256.Size {
			return fmt.Errorf("%s: want a SHA-256, got %q", f.Name, f.SHA256)
		}
	}
	return nil
}

// features returns everything but the tables.
func (m *featuresManifest) features(fsys fs.FS) (*Features, error) {
	f := &Features{Width: m.Width, Source: m.Source, Members: m.Members}
	for i, parse := range []func([]byte) error{
		func(text []byte) error { return json.Unmarshal(text, &f.Classes) },
		func(text []byte) error { return json.Unmarshal(text, &f.Files) },
		func(text []byte) error {
			a, err := npy.Read(bytes.NewReader(text))
			if err != nil {
				return err
			}
			if a.Dtype != npy.Int64 || !slices.Equal(a.Shape, []int{m.Rows}) {
				return fmt.Errorf("want int64 [%d] as %s says, got %v %v", m.Rows, featuresIndex, a.Dtype, a.Shape)
			}
			for _, v := range a.Int64 {
				f.Labels = append(f.Labels, int(v))
			}
			return nil
		},
		func(text []byte) (err error) {
			f.Digests, err = parseDigests(text)
			return err
		},
	} {
		l := m.Lists[i]
		text, err := fs.ReadFile(fsys, durable.Find(fsys, l.Name, l.SHA256))
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		if err := l.matches(sum[:]); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Name, err)
		}
		if err := parse(text); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Name, err)
		}
	}
	if len(f.Files) == 0 {
		f.Files = nil
	}
	return f, nil
}

func parseDigests(text []byte) ([][32]byte, error) {
	var all [][32]byte
	for line := range bytes.Lines(text) {
		var d [32]byte
		line = bytes.TrimSuffix(line, []byte("\n"))
		if n, err := hex.Decode(d[:], line[:min(len(line), 64)]); err != nil || n != 32 || len(line) != 64 {
			return nil, fmt.Errorf("line %d: want a SHA-256, got %q", len(all)+1, line)
		}
		all = append(all, d)
	}
	return all, nil
}

func (s savedFile) matches(sum []byte) error {
	if got := hex.EncodeToString(sum); got != s.SHA256 {
		return fmt.Errorf("damaged, or not of the %s beside it: want SHA-256 %s, got %s", featuresIndex, s.SHA256, got)
	}
	return nil
}

// readTable reads a shard, which must be just what the manifest announces.
func (m *featuresManifest) readTable(fsys fs.FS, t savedFile) ([]float32, error) {
	file, err := fsys.Open(durable.Find(fsys, t.Name, t.SHA256))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	r := io.TeeReader(file, sum)
	h, err := npy.ReadHeader(r)
	if err != nil {
		return nil, err
	}
	if err := m.checkTable(h); err != nil {
		return nil, err
	}
	a, err := npy.ReadData(r, h)
	if err != nil {
		return nil, err
	}
	return a.Float32, t.matches(sum.Sum(nil))
}

// checkTable looks at the shape of a shard before it is read. That all rows are
// there is checked when all shards are.
func (m *featuresManifest) checkTable(h npy.Header) error {
	want := []int{m.Rows, m.Width}
	ok := h.Dtype == npy.Float32 && len(h.Shape) == 2 && h.Shape[1] == m.Width && h.Shape[0] >= 1 && h.Shape[0] <= m.Rows
	if ok && len(m.Tables) == 1 {
		ok = h.Shape[0] == m.Rows
	}
	if !ok {
		return fmt.Errorf("want float32 %v as %s says, got %v %v", want, featuresIndex, h.Dtype, h.Shape)
	}
	return nil
}
