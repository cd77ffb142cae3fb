package main

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/internal/npy"
	"github.com/cairnml/cairn/weights"
)

func newWeightsInfo() *cobra.Command {
	return &cobra.Command{
		Use:   "info FILE|DIR|MODEL...",
		Short: "List names, types and shapes in .npy, .npz, .h5 and .keras files",
		Long: `Lists the arrays in any .npy, .npz, .h5 or .keras file as a tree, with their types
and shapes, and how many values they have; also those of a folder of weights or of
a MODEL in the cache or in the program, and where they come from.`,
		Example: "  cairn weights info model.keras\n  cairn weights info resnet50v2",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			for i, file := range args {
				if i > 0 {
					fmt.Fprintln(c.OutOrStdout())
				}
				if err := printInfo(c.OutOrStdout(), file); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func printInfo(w io.Writer, file string) error {
	info, err := os.Stat(file)
	if _, unknown := backbones.Lookup(file); err == nil && info.IsDir() || err != nil && unknown == nil {
		return printFolderInfo(w, file)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	entries, what, err := contents(f, info.Size())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	tree, err := treeOf(entries)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	fmt.Fprintf(w, "%s: %s of %s\n", file, what, megabytes(info.Size()))
	return tree.print(w)
}

// printFolderInfo does the same for a folder, or a model.
func printFolderInfo(w io.Writer, arg string) error {
	store, from, err := openFolder(arg)
	if err != nil {
		return err
	}
	m := store.Manifest()
	fmt.Fprintf(w, "%s: weights of %s\n", from, cmp.Or(m.Model, "an unknown model"))
	for _, line := range [][2]string{{"source", m.Source}, {"file", m.SourceFile}, {"SHA-256", m.SourceSHA256}, {"licence", m.License}, {"tool", m.Tool}} {
		if line[1] != "" {
			fmt.Fprintf(w, "%-8s %s\n", line[0], strings.Map(printable, line[1]))
		}
	}
	var entries []weights.H5Entry
	for _, p := range m.Parameters {
		entries = append(entries, weights.H5Entry{Path: p.Name, Dtype: p.Dtype, Shape: p.Shape})
	}
	if m.Parameters == nil {
		if entries, err = arraysIn(os.DirFS(arg)); err != nil {
			return fmt.Errorf("%s: %w", arg, err)
		}
	}
	tree, err := treeOf(entries)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return tree.print(w)
}

// arraysIn lists the .npy files of a folder.
func arraysIn(fsys fs.FS) ([]weights.H5Entry, error) {
	var entries []weights.H5Entry
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		base, ok := strings.CutSuffix(name, ".npy")
		if err != nil || !ok || d.IsDir() {
			return err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		what, err := npy.Describe(f)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		entries = append(entries, weights.H5Entry{Path: base, Dtype: what.Type(), Shape: what.Shape})
		return nil
	})
	return entries, err
}

// contents lists the arrays, and in HDF5 the groups, of a file of size bytes.
func contents(f *os.File, size int64) (entries []weights.H5Entry, what format, err error) {
	if what, err = formatOf(f); err != nil {
		return nil, "", err
	}
	switch what {
	case formatNpy:
		d, err := npy.Describe(f)
		return []weights.H5Entry{{Path: filepath.Base(f.Name()), Dtype: d.Type(), Shape: d.Shape}}, what, err
	case formatNpz:
		entries, err = arrays(f, size)
		return entries, what, err
	case formatHDF5, formatKeras:
		h, err := weights.OpenH5(f, size)
		if err != nil {
			return nil, "", err
		}
		entries, err = h.Entries()
		return entries, what, err
	}
	return nil, "", fmt.Errorf("want a .npy, .npz, .h5 or .keras file, got %s", what)
}

// arrays lists those of a .npz file.
func arrays(r io.ReaderAt, size int64) ([]weights.H5Entry, error) {
	z, err := npy.OpenZip(r, size)
	if err != nil {
		return nil, err
	}
	var entries []weights.H5Entry
	for _, name := range z.Names() {
		d, err := z.Describe(name)
		if err != nil {
			return nil, err
		}
		entries = append(entries, weights.H5Entry{Path: name, Dtype: d.Type(), Shape: d.Shape})
	}
	return entries, nil
}

// tree is the lines of a tree, three columns each, and what is in it.
type tree struct {
	lines                  [][3]string
	arrays, groups, values int
}

// treeOf makes a tree of the arrays. Groups without any are left out: Keras has
// two for each layer without weights.
func treeOf(entries []weights.H5Entry) (*tree, error) {
	t := &tree{}
	var above []string // the groups of the last line, and its name
	for _, e := range entries {
		if e.Dtype == "" { // a group
			continue
		}
		steps := strings.FieldsFunc(e.Path, func(r rune) bool { return r == '/' })
		shared := 0
		for shared < min(len(above), len(steps)-1) && above[shared] == steps[shared] {
			shared++
		}
		for depth := shared; depth < len(steps); depth++ {
			line := [3]string{strings.Repeat("  ", depth) + strings.Map(printable, steps[depth])}
			if depth == len(steps)-1 {
				n, err := npy.Header{Shape: e.Shape}.Len()
				if err != nil {
					return nil, fmt.Errorf("%s: %w", e.Path, err)
				}
				t.arrays++
				t.values += n
				line[1], line[2] = e.Dtype, fmt.Sprint(e.Shape)
			} else {
				t.groups++
			}
			t.lines = append(t.lines, line)
		}
		above = steps
	}
	return t, nil
}

func (t *tree) print(w io.Writer) error {
	var widths [2]int
	for _, line := range t.lines {
		for i := range widths {
			widths[i] = max(widths[i], utf8.RuneCountInString(line[i]))
		}
	}
	for _, line := range t.lines {
		text := fmt.Sprintf("%-*s  %-*s  %s", widths[0], line[0], widths[1], line[1], line[2])
		if _, err := fmt.Fprintln(w, strings.TrimRight(text, " ")); err != nil {
			return err
		}
	}
	groups := ""
	if t.groups > 0 {
		groups = " in " + plural(t.groups, "group")
	}
	_, err := fmt.Fprintf(w, "%s%s, %s\n", plural(t.arrays, "array"), groups, plural(t.values, "value"))
	return err
}

// printable keeps names in files from moving the cursor.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}

func megabytes(size int64) string {
	if size < 1e6 {
		return fmt.Sprintf("%.1f kB", float64(size)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(size)/1e6)
}

// plural is a number with its unit, 1,000 names.
func plural(n int, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return thousands(n) + " " + unit
}

// thousands is a number with commas, 23,564,800.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
