package data

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

// A pillowRow is what keras.utils.load_img made of a file: one line of
// decode.jsonl or resize.jsonl.
type pillowRow struct {
	File            string `json:"file"`
	Format          string `json:"format"`
	PILMode         string `json:"pil_mode"`
	Progressive     bool   `json:"progressive"`
	Width           int    `json:"width"`
	Height          int    `json:"height"`
	SHA256          string `json:"sha256"`
	Error           string `json:"error"`
	TargetSize      [2]int `json:"target_size"` // height, width
	Interpolation   string `json:"interpolation"`
	KeepAspectRatio bool   `json:"keep_aspect_ratio"`
}

// imageFolders are the golden folder, if there is one, and the part of it that
// is kept with the package.
func imageFolders(t *testing.T) []string {
	folders := []string{filepath.Join("testdata", "images")}
	if root := golden.Root(t); root != "" {
		folders = append(folders, filepath.Join(root, "images"))
	}
	return folders
}

func readRows(t *testing.T, folder, name string) []pillowRow {
	t.Helper()
	f, err := os.Open(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []pillowRow
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r pillowRow
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

func digest(p *RGB) string {
	sum := sha256.Sum256(p.Pix)
	return hex.EncodeToString(sum[:])
}

func (r pillowRow) base() string { return filepath.Base(r.File) }

// undecoded lists the files that Pillow opens and this package does not. Nothing
// else may be.
var undecoded = map[string]string{
	"avif.avif":              "AVIF has no decoder here",
	"jp2.jp2":                "JPEG 2000 has no decoder here",
	"jpg_arith_420.jpg":      "arithmetic coding",
	"jpg_arith_prog_444.jpg": "arithmetic coding",
}

// TestDecodeMatchesPillow decodes every file as Pillow does: the same pixels and
// mode, or an error where Pillow has one.
func TestDecodeMatchesPillow(t *testing.T) {
	for _, folder := range imageFolders(t) {
		fsys := os.DirFS(folder)
		equal, errs := 0, 0
		for _, row := range readRows(t, folder, "decode.jsonl") {
			p, err := ReadImage(fsys, row.File)
			if err != nil && !strings.HasPrefix(err.Error(), "data: "+row.File+": ") {
				t.Errorf("%s: the error does not name the file: %v", row.File, err)
			}
			switch {
			case err != nil && row.Error != "":
				errs++
			case err != nil && undecoded[row.base()] != "":
			case err != nil:
				t.Errorf("%s: %v", row.File, err)
			case row.Error != "":
				t.Errorf("%s: decoded, want an error as Pillow's %s", row.File, row.Error)
			case undecoded[row.base()] != "":
				t.Errorf("%s: decoded, want an error: %s", row.File, undecoded[row.base()])
			default:
				row.checkInfo(t, fsys)
				if row.equal(t, p) {
					equal++
				}
			}
		}
		t.Logf("%s: %d pictures equal, %d refused as by Pillow", folder, equal, errs)
	}
}

// equal compares all pixels.
func (r pillowRow) equal(t *testing.T, p *RGB) bool {
	t.Helper()
	if p.Width == r.Width && p.Height == r.Height && digest(p) == r.SHA256 {
		return true
	}
	t.Errorf("%s to %v by %q: got %d×%d pixels with SHA-256 %s, want %d×%d with %s",
		r.File, r.TargetSize, r.Interpolation, p.Width, p.Height, digest(p), r.Width, r.Height, r.SHA256)
	return false
}

// checkInfo compares what the header says. MPO is JPEG with more pictures behind
// it, and a TIFF that is turned upright has its sides swapped.
func (r pillowRow) checkInfo(t *testing.T, fsys fs.FS) {
	t.Helper()
	i, err := ReadInfo(fsys, r.File)
	format := r.Format
	if format == "MPO" {
		format = "JPEG"
	}
	if err != nil || i.Format != format || i.Mode != r.PILMode || i.Progressive != r.Progressive || i.Width != r.Width || i.Height != r.Height {
		t.Errorf("%s: got %+v, %v, want %s, mode %s, progressive %v, %d×%d pixels", r.File, i, err, format, r.PILMode, r.Progressive, r.Width, r.Height)
	}
}

// TestDecodePhotos compares real photos, decoded and resized, which are not kept
// with the reference cases but beside them.
func TestDecodePhotos(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		t.Skip("the photos of these rows are for research only and not part of the repository")
	}
	fsys := os.DirFS(filepath.Dir(root))
	_, err := fs.Stat(fsys, "data")
	if err != nil {
		t.Skip("the photos of these rows are for research only and not part of the repository: ", err)
	}
	equal := 0
	var photo *RGB
	file := ""
	for _, row := range readRows(t, filepath.Join(root, "images"), "photos.jsonl") {
		if row.File != file {
			if photo, err = ReadImage(fsys, row.File); err != nil {
				t.Fatal(err)
			}
			file = row.File
		}
		p := photo
		if row.TargetSize != [2]int{} {
			p = row.resizing(t).Apply(photo)
		}
		if row.equal(t, p) {
			equal++
		}
	}
	t.Logf("%d rows equal", equal)
	if equal == 0 {
		t.Error("no row compared")
	}
}

// resizing is what the row asks for.
func (r pillowRow) resizing(t *testing.T) Resizing {
	t.Helper()
	by, err := ParseInterpolation(r.Interpolation)
	if err != nil {
		t.Fatal(err)
	}
	return Resizing{Width: r.TargetSize[1], Height: r.TargetSize[0], Interpolation: by, KeepAspect: r.KeepAspectRatio}
}

// TestResizeMatchesPillow compares all interpolations, with and without
// keep_aspect_ratio.
func TestResizeMatchesPillow(t *testing.T) {
	for _, folder := range imageFolders(t) {
		fsys := os.DirFS(folder)
		source := struct {
			file string
			rgb  *RGB
		}{}
		equal := 0
		for _, row := range readRows(t, folder, "resize.jsonl") {
			if source.file != row.File {
				p, err := ReadImage(fsys, row.File)
				if err != nil {
					t.Errorf("%s: %v", row.File, err)
					continue
				}
				source.file, source.rgb = row.File, p
			}
			if row.equal(t, row.resizing(t).Apply(source.rgb)) {
				equal++
			}
		}
		if equal == 0 {
			t.Errorf("%s: no row compared", folder)
		}
		t.Logf("%s: %d resized pictures equal", folder, equal)
	}
}
