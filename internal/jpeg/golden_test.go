package jpeg

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
	"github.com/cairnml/cairn/internal/kernel"
)

// A row is what Pillow made of a file.
type row struct {
	File        string `json:"file"`
	Format      string `json:"format"`
	Mode        string `json:"pil_mode"`
	Progressive bool   `json:"progressive"`
	Width       int    `json:"width"`
	Height      int    `json:"height"`
	SHA256      string `json:"sha256"`
	Error       string `json:"error"`
	TargetSize  [2]int `json:"target_size"`
}

func readRows(t testing.TB, name string) []row {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []row
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var r row
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

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// folders are the golden folder, if there is one, the part of it that is kept with
// the package, and files of tools/pixels/cmyk.py and segments.py.
func folders(t testing.TB) []string {
	all := []string{"testdata", filepath.Join("testdata", "cmyk"), filepath.Join("testdata", "segments")}
	if root := golden.Root(t); root != "" {
		all = append(all, filepath.Join(root, "images"))
	}
	return all
}

// refused are files that Pillow opens and this package does not.
var refused = map[string]string{
	"jpg_arith_420.jpg":      "arithmetic coding",
	"jpg_arith_prog_444.jpg": "arithmetic coding",
}

func TestDecodeMatchesPillow(t *testing.T) {
	for _, folder := range folders(t) {
		equal, failed := 0, 0
		for _, r := range readRows(t, filepath.Join(folder, "decode.jsonl")) {
			data, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(r.File)))
			if err != nil {
				t.Fatal(err)
			}
			if len(data) < 2 || data[0] != 0xff || data[1] != mSOI {
				continue
			}
			img, err := Decode(data, Options{})
			switch {
			case r.Error != "" && err == nil:
				t.Errorf("%s: Pillow fails with %s, got %d×%d pixels", r.File, r.Error, img.Width, img.Height)
			case r.Error != "":
				failed++
			case refused[filepath.Base(r.File)] != "":
				if err == nil || !strings.Contains(err.Error(), refused[filepath.Base(r.File)]) {
					t.Errorf("%s: want an error about %s, got %v", r.File, refused[filepath.Base(r.File)], err)
				}
			case err != nil:
				t.Errorf("%s: %v", r.File, err)
			default:
				if r.compare(t, img) {
					equal++
				}
				for _, o := range []Options{{Kernel: kernel.Go}, {Concurrent: true}} {
					img, err := Decode(data, o)
					if err != nil {
						t.Fatalf("%s, %+v: %v", r.File, o, err)
					}
					r.compare(t, img)
				}
			}
		}
		t.Logf("%s: %d pictures equal, %d refused as by Pillow", folder, equal, failed)
		if equal == 0 {
			t.Errorf("%s: no picture compared", folder)
		}
	}
}

func (r row) compare(t *testing.T, img *Image) bool {
	t.Helper()
	if img.Width != r.Width || img.Height != r.Height || img.Progressive != r.Progressive {
		t.Errorf("%s: got %d×%d, progressive %v, want %d×%d, %v", r.File, img.Width, img.Height, img.Progressive, r.Width, r.Height, r.Progressive)
		return false
	}
	if got := digest(img.Pix); got != r.SHA256 {
		t.Errorf("%s: got pixels with SHA-256 %s, want %s", r.File, got, r.SHA256)
		return false
	}
	return true
}

// TestDecodePhotos compares real photos, which are not kept with the reference
// cases but beside them.
func TestDecodePhotos(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		t.Skip("the photos of these rows are for research only and not part of the repository")
	}
	if _, err := fs.Stat(os.DirFS(filepath.Dir(root)), "data"); err != nil {
		t.Skip("the photos of these rows are for research only and not part of the repository: ", err)
	}
	n := 0
	for _, r := range readRows(t, filepath.Join(root, "images", "photos.jsonl")) {
		if r.TargetSize != [2]int{} {
			continue
		}
		data, err := os.ReadFile(filepath.Join(filepath.Dir(root), filepath.FromSlash(r.File)))
		if err != nil {
			t.Fatal(err)
		}
		img, err := Decode(data, Options{})
		if err != nil {
			t.Errorf("%s: %v", r.File, err)
			continue
		}
		r.compare(t, img)
		n++
	}
	if n == 0 {
		t.Error("no photo compared")
	}
	t.Logf("%d photos compared", n)
}
