package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/examples/dogbreed/kennel"
	"github.com/cairnml/cairn/weights"
	"github.com/cairnml/cairn/weights/fetch"
)

// TestMain has the tests find an empty cache.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "cairn-test")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, name := range cacheVariables {
		if err := os.Setenv(name, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// cacheVariables are what os.UserCacheDir reads on the systems that there are.
var cacheVariables = []string{"XDG_CACHE_HOME", "HOME", "LocalAppData"}

// useCache makes a cache for one test and returns its folder.
func useCache(t *testing.T) string {
	t.Helper()
	for _, name := range cacheVariables {
		t.Setenv(name, filepath.Join(t.TempDir(), "caches"))
	}
	dir, err := orCache("")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// served is a server with the files of a model with top and a class index, and
// what fetch knows of them.
func served(t *testing.T, model string) []fetch.File {
	t.Helper()
	spec, err := backbones.Lookup(model)
	if err != nil {
		t.Fatal(err)
	}
	parameters, err := spec.Parameters(backbones.Config{Top: true})
	if err != nil {
		t.Fatal(err)
	}
	var h5 bytes.Buffer
	if err := weights.WriteH5(&h5, parameters, weights.Random(1)); err != nil {
		t.Fatal(err)
	}
	var index strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&index, `,"%d": ["n%08d", "class_%d"]`, i, i, i)
	}
	contents := map[string][]byte{
		"/" + model + ".h5":          h5.Bytes(),
		"/imagenet_class_index.json": []byte("{" + index.String()[1:] + "}"),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(contents[r.URL.Path]))
	}))
	t.Cleanup(server.Close)
	file := func(name string, f fetch.File) fetch.File {
		sum := md5.Sum(contents[name])
		f.Address, f.Hash = server.URL+name, hex.EncodeToString(sum[:])
		return f
	}
	return []fetch.File{
		file("/"+model+".h5", fetch.File{Model: model, Top: true, Size: int64(h5.Len())}),
		file("/imagenet_class_index.json", fetch.File{Model: fetch.ClassIndex}),
	}
}

// runFetch is cairn weights fetch with other files: what it prints.
func runFetch(ctx context.Context, files []fetch.File, args ...string) (out, errOut string, err error) {
	var o, e bytes.Buffer
	c := newWeightsFetch(files)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(args)
	c.SetOut(&o)
	c.SetErr(&e)
	err = c.ExecuteContext(ctx)
	return o.String(), e.String(), err
}

// After a fetch all commands find the weights and the classes.
func TestFetchThenUse(t *testing.T) {
	const model = "efficientnetlite2"
	files := served(t, model)
	cache := useCache(t)
	photos, classifier := t.TempDir(), filepath.Join(t.TempDir(), "dogs")
	if err := kennel.Write(photos, kennel.Options{Photos: 2}); err != nil {
		t.Fatal(err)
	}
	all, err := filepath.Glob(filepath.Join(photos, "train", "*.jpg"))
	if err != nil || len(all) == 0 {
		t.Fatal(err)
	}
	imagenet := []string{"predict", "--imagenet", model, "--size", "32", "--top", "2", all[0]}
	train := []string{"train", "--photos", photos, "--out", classifier, "--models", model, "--size", "32", "--epochs", "1", "--held", "0.5"}
	if _, err := run(t, imagenet...); err == nil || !strings.Contains(err.Error(), "cairn weights fetch imagenet_class_index") {
		t.Errorf("without classes: got %v", err)
	}
	if _, err := run(t, train...); err == nil || !strings.Contains(err.Error(), "cairn weights import FILE --model "+model) {
		t.Errorf("without weights: got %v", err)
	}

	out, progress, err := runFetch(t.Context(), files, model, "--top")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out, filepath.Join(cache, model)+": ") || !strings.Contains(out, "names of 1000 classes") || !strings.Contains(progress, model+": ") {
		t.Errorf("got %q and %q", out, progress)
	}
	out, _, err = runFetch(t.Context(), files, model, "--top")
	if err != nil || strings.Count(out, "was there") != 2 {
		t.Errorf("the second time: got %q, %v", out, err)
	}
	out, err = run(t, "weights", "list")
	if err != nil || !regexp.MustCompile(`(?m)^efficientnetlite2 +1,280 +4,869,168 +– +yes +– +yes$`).MatchString(out) ||
		!regexp.MustCompile(`(?m)^vgg16 +512 +14,714,688 +58\.9 MB +no +553\.5 MB +no$`).MatchString(out) ||
		!regexp.MustCompile(`(?m)^efficientnetlite0 .* embedded .* embedded$`).MatchString(out) ||
		!strings.Contains(out, "imagenet_class_index: yes\nfolder: "+cache) {
		t.Errorf("list: %v\n%s", err, out)
	}
	if out, err = run(t, imagenet...); err != nil || strings.Count(out, "class_") != 2 {
		t.Errorf("imagenet: %v\n%s", err, out)
	}
	if out, err = run(t, train...); err != nil {
		t.Errorf("train: %v\n%s", err, out)
	}
	if out, err = run(t, "predict", classifier, all[0]); err != nil || !strings.Contains(out, "%") {
		t.Errorf("predict: %v\n%s", err, out)
	}

	kernel := filepath.Join(cache, model, "stem_conv", "kernel.npy")
	if err := os.WriteFile(kernel, []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, err = runFetch(t.Context(), files, model, "--top"); err == nil || !strings.Contains(err.Error(), filepath.Join(cache, model)+" is damaged; remove it") {
		t.Errorf("damaged: got %v", err)
	}
}

func TestFetchErrors(t *testing.T) {
	cache := useCache(t)
	empty := t.TempDir()
	for _, c := range []struct {
		args string
		want []string
	}{
		{"", []string{"arg"}},
		{"lenet", []string{`"lenet"`, "resnet50v2"}},
		{"efficientnetlite0", []string{"in the program"}},
		{"efficientnetlite2", []string{"no address"}},
		// One that fails does not keep the next from being tried.
		{"resnet50v2 vgg16 --top --mirror " + empty, []string{
			filepath.Join(empty, "resnet50v2_weights_tf_dim_ordering_tf_kernels.h5"), filepath.Join(empty, "vgg16_weights_tf_dim_ordering_tf_kernels.h5"),
			"cairn weights import FILE.h5 --model vgg16", filepath.Join(empty, "imagenet_class_index.json")}},
	} {
		_, err := run(t, append([]string{"weights", "fetch"}, strings.Fields(c.args)...)...)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("fetch %s: want %q, got %v", c.args, want, err)
			}
		}
	}
	for args, want := range map[string]string{
		"train --photos x --out y --models resnet50v2":                "cairn weights fetch resnet50v2`",
		"predict --imagenet vgg16 --classes " + os.DevNull + " x.jpg": "--classes",
	} {
		if strings.HasPrefix(args, "train") {
			photos := t.TempDir()
			if err := kennel.Write(photos, kennel.Options{Photos: 1}); err != nil {
				t.Fatal(err)
			}
			args = strings.Replace(args, "--photos x", "--photos "+photos, 1)
		}
		if _, err := run(t, strings.Fields(args)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want %q, got %v", args, want, err)
		}
	}
	entries, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			t.Errorf("%s is left in the cache", e.Name())
		}
	}
}

// Keras's class index goes into the cache from a disk, by its hash.
func TestImportClasses(t *testing.T) {
	files := served(t, "efficientnetlite0")
	resp, err := http.Get(files[1].Address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var index bytes.Buffer
	if _, err := index.ReadFrom(resp.Body); err != nil {
		t.Fatal(err)
	}
	from, cache := t.TempDir(), useCache(t)
	file := filepath.Join(from, "imagenet_class_index.json")
	if err := os.WriteFile(file, index.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := importClasses(t.Context(), &out, file, fetch.Options{Dir: cache, Files: files}); err != nil || !strings.Contains(out.String(), cache) {
		t.Errorf("got %q, %v", out.String(), err)
	}
	if classes, err := readClasses("", ""); err != nil || len(classes) != 1000 {
		t.Errorf("got %d classes, %v", len(classes), err)
	}
	// Against Keras's hash these are other classes.
	if _, err := run(t, "weights", "import", file, "--out", t.TempDir()); err == nil || !strings.Contains(err.Error(), "c2c37ea517e94d9795004a39431a14cb") {
		t.Errorf("got %v", err)
	}
	other := filepath.Join(from, "other.json")
	if _, err := run(t, "weights", "import", other); err == nil || !strings.Contains(err.Error(), "want imagenet_class_index.json") {
		t.Errorf("got %v", err)
	}
}

// A terminal gets a bar, anything else a line every few seconds.
func TestBar(t *testing.T) {
	const total = 400_000_000
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		b := newBar(&out, "resnet50v2")
		b.terminal = terminal
		b.show(fetch.Progress{Step: fetch.Wait})
		b.show(fetch.Progress{Step: fetch.Load, Done: 1e8, Total: total})
		b.begin = b.begin.Add(-10 * time.Second)
		b.last = b.begin
		b.show(fetch.Progress{Step: fetch.Load, Done: 2e8, Total: total})
		b.show(fetch.Progress{Step: fetch.Load, Done: 2e8 + 1, Total: total}) // too early
		b.show(fetch.Progress{Step: fetch.Retry, Err: errors.New("503 Service Unavailable"), Pause: time.Second})
		time.Sleep(200 * time.Millisecond) // the bar is drawn every 150 ms
		b.show(fetch.Progress{Step: fetch.Check, Total: total})
		b.show(fetch.Progress{Step: fetch.Convert})
		b.end()
		for _, want := range []string{
			"resnet50v2: another process is fetching it, waiting\n", "resnet50v2: goes on after 100.0 MB\n",
			"200.0 MB of 400.0 MB, 10.0 MB/s, 20 s left", "resnet50v2: 503 Service Unavailable; next try in 1.0 s\n",
		} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("terminal %v: want %q in %q", terminal, want, out.String())
			}
		}
		if drawn := strings.Contains(out.String(), "["); drawn != terminal || terminal != strings.Contains(out.String(), "converting") {
			t.Errorf("terminal %v: got %q", terminal, out.String())
		}
	}
}

func TestProgressText(t *testing.T) {
	for _, c := range []struct {
		done, total, came int64
		took              time.Duration
		want              string
	}{
		{0, 0, 0, 0, "0.0 kB"},
		{35_363, 0, 35_363, time.Millisecond, "35.4 kB"},
		{5e6, 1e7, 5e6, time.Second, "5.0 MB of 10.0 MB, 5.0 MB/s, 1 s left"},
		{5e6, 0, 5e6, 2 * time.Second, "5.0 MB, 2.5 MB/s"},
		{5e6, 1e9, 5e6, 10 * time.Second, "5.0 MB of 1000.0 MB, 0.5 MB/s, 33 min left"},
		{1e7, 1e7, 5e6, time.Second, "10.0 MB of 10.0 MB, 5.0 MB/s"},
	} {
		if got := progressText(c.done, c.total, c.came, c.took); got != c.want {
			t.Errorf("%+v: got %q", c, got)
		}
	}
}
