package kennel

import (
	"encoding/csv"
	"errors"
	"image/jpeg"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// readLabels returns the rows of dir/labels.csv under its header.
func readLabels(t *testing.T, dir string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(rows[0], []string{"id", "breed"}) {
		t.Fatalf("header of labels.csv: want id,breed, got %q", rows[0])
	}
	return rows[1:]
}

// thumbnail is the photo as 16×16 mean colours, the input of the pixel
// classifiers that the kennel has to defeat.
func thumbnail(t *testing.T, name string) []float64 {
	t.Helper()
	const side = 16
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := jpeg.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if min(w, h) < 240 || max(w, h) > 360 {
		t.Fatalf("%s: want a photo of about 320×280, got %d×%d", name, w, h)
	}
	sum, count := make([]float64, 3*side*side), make([]float64, side*side)
	for y := range h {
		for x := range w {
			r, g, b, _ := img.At(x, y).RGBA()
			i := y*side/h*side + x*side/w
			sum[3*i], sum[3*i+1], sum[3*i+2] = sum[3*i]+float64(r), sum[3*i+1]+float64(g), sum[3*i+2]+float64(b)
			count[i]++
		}
	}
	for i := range sum {
		sum[i] /= 65535 * count[i/3]
	}
	return sum
}

// nearestMean trains a mean per breed on the first nine tenths of the rows and
// returns the accuracy on the others.
func nearestMean(x [][]float64, breeds []string) float64 {
	cut := len(x) * 9 / 10
	means, seen := map[string][]float64{}, map[string]float64{}
	for i, v := range x[:cut] {
		if means[breeds[i]] == nil {
			means[breeds[i]] = make([]float64, len(v))
		}
		for j := range v {
			means[breeds[i]][j] += v[j]
		}
		seen[breeds[i]]++
	}
	right := 0.0
	for i, v := range x[cut:] {
		best, guess := math.Inf(1), ""
		for _, name := range Breeds() {
			d := 0.0
			for j, m := range means[name] {
				e := v[j] - m/seen[name]
				d += e * e
			}
			if d < best {
				best, guess = d, name
			}
		}
		if guess == breeds[cut+i] {
			right++
		}
	}
	return right / float64(len(x)-cut)
}

func TestWriteLaysOutASetThatPixelsCannotTell(t *testing.T) {
	// Half of the default set, to be quick; more photos change little.
	opt := Options{Photos: 20}
	// The examples promise that raw pixels stay below this.
	const most = 0.60
	if testing.Short() {
		opt.Photos = 10
	}
	dir := filepath.Join(t.TempDir(), "made", "on the way")
	if err := Write(dir, opt); err != nil {
		t.Fatal(err)
	}
	rows := readLabels(t, dir)
	id := regexp.MustCompile(`^[0-9a-f]{32}$`)
	var x [][]float64
	var breeds []string
	count := map[string]int{}
	for _, row := range rows {
		if !id.MatchString(row[0]) {
			t.Fatalf("id %q is not 32 hex digits", row[0])
		}
		x = append(x, thumbnail(t, filepath.Join(dir, "train", row[0]+".jpg")))
		breeds = append(breeds, row[1])
		count[row[1]]++
	}
	for _, name := range Breeds() {
		if count[name] != opt.Photos {
			t.Errorf("%s: want %d photos, got %d", name, opt.Photos, count[name])
		}
	}
	files, err := os.ReadDir(filepath.Join(dir, "train"))
	if err != nil || len(files) != len(rows) {
		t.Errorf("train: want %d files, one per row, got %d (%v)", len(rows), len(files), err)
	}
	accuracy := nearestMean(x, breeds)
	t.Logf("nearest mean of 16×16 pixels: %.1f %% right", 100*accuracy)
	if accuracy >= most {
		t.Errorf("nearest mean of 16×16 pixels: want under %.0f %%, got %.1f %%", 100*most, 100*accuracy)
	}
}

func TestLastTenthHasEveryBreed(t *testing.T) {
	for seed := range uint64(20) {
		opt, err := Options{Seed: seed}.filled()
		if err != nil {
			t.Fatal(err)
		}
		rows := opt.entries()
		if len(rows) != 480 {
			t.Fatalf("default set: want 12 × 40 photos, got %d", len(rows))
		}
		seen, ids := map[int]bool{}, map[string]bool{}
		for i, r := range rows {
			ids[r.id] = true
			if i >= 432 {
				seen[r.breed] = true
			}
		}
		if len(seen) != 12 || len(ids) != 480 {
			t.Errorf("seed %d: want 12 breeds in the last tenth and 480 ids, got %d and %d", seed, len(seen), len(ids))
		}
	}
}

// content joins all files under dir, with their names.
func content(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, name))
		all.WriteString(name + "\n" + string(b) + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func TestSeedAloneDecidesTheFiles(t *testing.T) {
	write := func(cores int, seed uint64) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		dir := t.TempDir()
		if err := Write(dir, Options{Breeds: 3, Photos: 2, Seed: seed}); err != nil {
			t.Fatal(err)
		}
		return content(t, dir)
	}
	one := write(1, 5)
	if one != write(4, 5) {
		t.Error("the same seed gave other files on four cores than on one")
	}
	if one == write(4, 6) {
		t.Error("two seeds gave the same files")
	}
}

func TestSmallestSet(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // the second replaces the first
		if err := Write(dir, Options{Breeds: 1, Photos: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if rows := readLabels(t, dir); len(rows) != 1 || rows[0][1] != Breeds()[0] {
		t.Errorf("want one photo of %s, got %q", Breeds()[0], rows)
	}
}

func TestBreedsAreSortedAndDistinct(t *testing.T) {
	names := Breeds()
	if len(names) != 12 || !slices.IsSorted(names) || len(slices.Compact(names)) != 12 {
		t.Errorf("want 12 sorted names, got %q", names)
	}
}

func TestErrorsNameWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	if err := os.MkdirAll(filepath.Join(taken, "labels.csv", "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir  string
		opt  Options
		want string
	}{
		{filepath.Join(file, "below"), Options{Breeds: 1, Photos: 1}, file},
		{taken, Options{Breeds: 1, Photos: 1}, filepath.Join(taken, "labels.csv")},
		{t.TempDir(), Options{Breeds: 13}, "want 1 to 12, got 13"},
		{t.TempDir(), Options{Breeds: -1}, "want 1 to 12, got -1"},
		{t.TempDir(), Options{Photos: -1}, "want 1 or more per breed, got -1"},
	} {
		err := Write(c.dir, c.opt)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "kennel: ") {
			t.Errorf("Write(%q, %+v): want an error of kennel with %q, got %v", c.dir, c.opt, c.want, err)
		}
	}
	if _, err := ContactSheet(Options{Breeds: 13}, 4); err == nil {
		t.Error("ContactSheet of 13 breeds: want an error")
	}
	var at *fs.PathError
	if err := Write(filepath.Join(file, "below"), Options{Breeds: 1, Photos: 1}); !errors.As(err, &at) {
		t.Errorf("want a *fs.PathError inside, got %v", err)
	}
}

func TestContactSheetHasOneCellPerPhoto(t *testing.T) {
	sheet, err := ContactSheet(Options{Breeds: 3, Photos: 1}, 2)
	if err != nil {
		t.Fatal(err)
	}
	if got := sheet.Bounds().Size(); got.X != 2*200+4 || got.Y != 2*175+4 {
		t.Errorf("3 photos in 2 columns: want 404×354, got %v", got)
	}
}

func BenchmarkPhoto(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		photo(1, i%len(table), i)
	}
}
