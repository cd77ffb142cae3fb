package data

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cairnml/cairn/internal/golden"
)

// A pillowRow is what keras.utils.load_img made of a file: one line of
// decode.jsonl or resize.jsonl.
type pillowRow struct {
	File            string   `json:"file"`
	Format          string   `json:"format"`
	Width           int      `json:"width"`
	Height          int      `json:"height"`
	SHA256          string   `json:"sha256"`
	Samples         [][5]int `json:"samples"` // x, y, r, g, b
	Error           string   `json:"error"`
	TargetSize      [2]int   `json:"target_size"` // height, width
	Interpolation   string   `json:"interpolation"`
	KeepAspectRatio bool     `json:"keep_aspect_ratio"`
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

// lossless tells whether there is only one right answer for a file's pixels.
func (r pillowRow) lossless() bool {
	return r.Format != "JPEG" && r.Format != "MPO" && (r.Format != "WEBP" || strings.HasPrefix(r.base(), "webp_lossless"))
}

// differs lists the lossless files that Pillow and this package see
// differently, and why. Nothing else may differ.
var differs = map[string]string{
	"avif.avif":                   "no decoder",
	"ico.ico":                     "no decoder",
	"jp2.jp2":                     "no decoder",
	"pnm_p6.ppm":                  "no decoder",
	"bmp_16_555.bmp":              "not in x/image/bmp",
	"bmp_16_565.bmp":              "not in x/image/bmp",
	"bmp_8_rle.bmp":               "not in x/image/bmp",
	"gif_no_palette.gif":          "image/gif wants a palette, Pillow takes shades of grey",
	"png_bad_idat_crc.png":        "image/png checks every checksum",
	"png_no_iend.png":             "image/png wants the end",
	"png_trunc_last_20_bytes.png": "image/png wants the end",
	"png_pal8_no_plte.png":        "image/png wants a palette, Pillow paints black",
	"png_too_few_rows.png":        "image/png wants all rows, Pillow paints black",
	"png_too_many_rows.png":       "image/png wants no more rows",
	"tiff_cmyk.tif":               "not in x/image/tiff",
	"tiff_rgb_jpeg.tif":           "not in x/image/tiff",
	"webp_animated.webp":          "not in x/image/webp",
}

// How far one channel of a lossy picture may be from Pillow's.
const (
	// Where chroma is not interpolated, only the inverse DCT and the colour
	// tables differ: at most 4 was measured between image/jpeg and libjpeg.
	fullChromaTolerance = 4
	// Chroma at half the resolution is repeated here and interpolated by
	// libjpeg and libwebp. The drawn pictures are full of hard coloured edges:
	// up to 191 in a channel, about 6 on average over the samples. On photos,
	// 43 and 0.92 were measured between image/jpeg and libjpeg.
	drawnMean    = 8.0
	photoMean    = 1.2
	photoMaximum = 43
)

// damaged tells whether decoders may fill in what a JPEG lacks as they like.
func damaged(name string) bool {
	return strings.Contains(name, "corrupt") || strings.Contains(name, "first") || strings.Contains(name, "_cut_")
}

// fullChroma tells whether a JPEG has as much chroma as libjpeg makes of it
// without interpolation.
func fullChroma(name string) bool {
	for _, part := range []string{"jpg_444", "jpg_gray", "jpg_411", "jpg_rgb", "jpg_cmyk_pillow", "jpg_ycck_444"} {
		if strings.HasPrefix(name, part) {
			return true
		}
	}
	return false
}

func TestDecodeMatchesPillow(t *testing.T) {
	for _, folder := range imageFolders(t) {
		fsys := os.DirFS(folder)
		equal, refused, full := 0, 0, 0
		var half meanDifference
		for _, row := range readRows(t, folder, "decode.jsonl") {
			p, err := ReadImage(fsys, row.File)
			known := differs[row.base()] != ""
			if err != nil && !strings.HasPrefix(err.Error(), "data: "+row.File+": ") {
				t.Errorf("%s: the error does not name the file: %v", row.File, err)
			}
			switch {
			case err != nil && row.Error != "":
				refused++
			case row.Error != "":
				t.Logf("%s: Pillow refuses it, image/%s does not", row.File, strings.ToLower(row.Format))
			case err != nil && row.lossless() && !known:
				t.Errorf("%s: %v", row.File, err)
			case err != nil: // a kind of JPEG or WebP without decoder
			case known:
			case p.Width != row.Width || p.Height != row.Height:
				t.Errorf("%s: got %d×%d, want %d×%d", row.File, p.Width, p.Height, row.Width, row.Height)
			case row.lossless():
				if got := digest(p); got != row.SHA256 {
					t.Errorf("%s: got pixels with SHA-256 %s, want %s", row.File, got, row.SHA256)
				}
				equal++
			case damaged(row.base()):
			case fullChroma(row.base()):
				worst := row.worstSample(p)
				if full = max(full, worst); worst > fullChromaTolerance {
					t.Errorf("%s: a sample differs by %d, want at most %d", row.File, worst, fullChromaTolerance)
				}
			case row.Width > 100: // smaller ones are nothing but edges
				half.add(row, p)
			}
		}
		if half.mean() > drawnMean {
			t.Errorf("%s: pictures with half the chroma differ by %.2f on average, want at most %v", folder, half.mean(), drawnMean)
		}
		t.Logf("%s: %d lossless pictures equal, %d refused as by Pillow; worst of full chroma %d; mean of half chroma %.2f", folder, equal, refused, full, half.mean())
	}
}

// TestDecodePhotos compares real photos, 4:2:0 JPEG, which are not kept with the
// reference cases but beside them.
func TestDecodePhotos(t *testing.T) {
	root := golden.Root(t)
	if root == "" {
		t.Skip("the photos of these rows are for research only and not part of the repository")
	}
	fsys := os.DirFS(filepath.Dir(root))
	if _, err := fs.Stat(fsys, "data"); err != nil {
		t.Skip("the photos of these rows are for research only and not part of the repository: ", err)
	}
	var mean meanDifference
	worst := 0
	for _, row := range readRows(t, filepath.Join(root, "images"), "photos.jsonl") {
		if row.TargetSize != [2]int{} {
			continue
		}
		p, err := ReadImage(fsys, row.File)
		if err != nil {
			t.Error(err)
			continue
		}
		mean.add(row, p)
		worst = max(worst, row.worstSample(p))
	}
	t.Logf("%d values: worst difference %d, mean %.2f", mean.n, worst, mean.mean())
	if mean.n == 0 || mean.mean() > photoMean || worst > photoMaximum {
		t.Errorf("want at most %d, %v on average", photoMaximum, photoMean)
	}
}

// meanDifference is the mean of |ours − Pillow's| over the samples of pictures.
type meanDifference struct{ sum, n int }

func (m *meanDifference) add(row pillowRow, p *RGB) {
	for d := range row.differences(p) {
		m.sum += d
		m.n++
	}
}

func (m meanDifference) mean() float64 { return float64(m.sum) / float64(max(m.n, 1)) }

func (r pillowRow) worstSample(p *RGB) int {
	worst := 0
	for d := range r.differences(p) {
		worst = max(worst, d)
	}
	return worst
}

// differences yields |ours − Pillow's| for every channel of every sample.
func (r pillowRow) differences(p *RGB) iter.Seq[int] {
	return func(yield func(int) bool) {
		for _, s := range r.Samples {
			for c := range 3 {
				d := int(p.Pix[3*(s[1]*p.Width+s[0])+c]) - s[2+c]
				if !yield(max(d, -d)) {
					return
				}
			}
		}
	}
}

func TestResizeMatchesPillow(t *testing.T) {
	for _, folder := range imageFolders(t) {
		fsys := os.DirFS(folder)
		sources := make(map[string]*RGB) // those that are decoded as Pillow does, else nil
		for _, row := range readRows(t, folder, "decode.jsonl") {
			if p, err := ReadImage(fsys, row.File); err == nil && digest(p) == row.SHA256 {
				sources[row.File] = p
			}
		}
		equal, skipped := 0, 0
		for _, row := range readRows(t, folder, "resize.jsonl") {
			if row.Interpolation != Nearest.String() || row.KeepAspectRatio {
				continue
			}
			src := sources[row.File]
			if src == nil {
				if !strings.HasSuffix(row.File, ".jpg") {
					t.Errorf("%s: not decoded as Pillow does", row.File)
				}
				skipped++
				continue
			}
			got := src.Resize(row.TargetSize[1], row.TargetSize[0], Nearest)
			if got.Width != row.Width || got.Height != row.Height || digest(got) != row.SHA256 {
				t.Errorf("%s to %v: got %d×%d pixels with SHA-256 %s, want %d×%d with %s", row.File, row.TargetSize, got.Width, got.Height, digest(got), row.Width, row.Height, row.SHA256)
			}
			equal++
		}
		if equal == 0 {
			t.Errorf("%s: no row compared", folder)
		}
		t.Logf("%s: %d resized pictures compared, %d from JPEG left out", folder, equal, skipped)
	}
}
