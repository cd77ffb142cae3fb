package cache_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/stack/cache"
	"github.com/cairnml/cairn/weights/efficientnetlite0"
)

const (
	photos    = 200
	inputSize = 32
	batch     = 8 // photos that are computed at a time

	childDir = "CAIRN_TEST_CHILD_DIR" // set for processes that extract and are killed
	childOut = "CAIRN_TEST_CHILD_OUT"
	childLog = "CAIRN_TEST_CHILD_LOG"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := extract(dir, os.Getenv(childOut), os.Getenv(childLog)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if made.dir != "" {
		os.RemoveAll(made.dir)
	}
	os.Exit(code)
}

// small is a stack that is fast.
func small() (*stack.Stack, error) {
	params, err := efficientnetlite0.Weights()
	if err != nil {
		return nil, err
	}
	b, err := backbones.New(backbones.EfficientNetLite0(), params, backbones.Config{InputSize: inputSize, Threads: 2})
	if err != nil {
		return nil, err
	}
	return stack.New(b)
}

func openPhotos(dir string) (*data.Set, error) {
	return data.OpenFolder(os.DirFS(filepath.Join(dir, "photos")))
}

// paint writes small photos of noise, in two classes.
func paint(dir string) error {
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range photos {
		m := image.NewRGBA(image.Rect(0, 0, 60, 50))
		for j := range m.Pix {
			m.Pix[j] = uint8(rng.IntN(256))
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, m, nil); err != nil {
			return err
		}
		class := filepath.Join(dir, fmt.Sprint("class", i%2))
		if err := os.MkdirAll(class, 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(class, fmt.Sprintf("%03d.jpg", i)), b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// extract is what a child does: the photos of dir into out with the cache of dir.
// What it computes it writes into a log, before the cache has it.
func extract(dir, out, log string) error {
	set, err := openPhotos(dir)
	if err != nil {
		return err
	}
	s, err := small()
	if err != nil {
		return err
	}
	defer s.Close()
	c, err := cache.Open(filepath.Join(dir, "cache"), cache.Config{Damaged: func(err error) { fmt.Fprintln(os.Stderr, err) }})
	if err != nil {
		return err
	}
	f, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = s.ExtractTo(context.Background(), out, set.Source(), set.Classes, stack.Extraction{Batch: batch, Cache: counted{c.For(s), f}})
	return errors.Join(err, c.Close())
}

// counted logs the digests of what is put into a cache.
type counted struct {
	stack.Cache
	log *os.File
}

func (c counted) Put(ctx context.Context, member int, photos [][32]byte, features []float32) error {
	var lines strings.Builder
	for _, p := range photos {
		fmt.Fprintf(&lines, "%x\n", p)
	}
	if _, err := c.log.WriteString(lines.String()); err != nil {
		return err
	}
	return c.Cache.Put(ctx, member, photos, features)
}

// digests reads a log; one that is not there is empty.
func digests(t *testing.T, log string) [][32]byte {
	t.Helper()
	f, err := os.Open(log)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all [][32]byte
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var d [32]byte
		if n, err := hex.Decode(d[:], lines.Bytes()); n != 32 || err != nil {
			t.Fatalf("%s: %q", log, lines.Text())
		}
		all = append(all, d)
	}
	return all
}

// child starts a process that extracts.
func child(t *testing.T, dir, out, log string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), childDir+"="+dir, childOut+"="+out, childLog+"="+log)
	var text strings.Builder
	c.Stderr = &text
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, &text
}

func finish(t *testing.T, dir, out, log string) (report string) {
	t.Helper()
	c, text := child(t, dir, out, log)
	if err := c.Wait(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return text.String()
}

// files reads a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(text)
	}
	return all
}

func same(t *testing.T, want, got string) {
	t.Helper()
	if a, b := files(t, want), files(t, got); !maps.Equal(a, b) {
		for name := range b {
			if a[name] != b[name] {
				t.Errorf("%s is not as of an unbroken run", name)
			}
		}
		if len(a) != len(b) {
			t.Errorf("want %d files, got %d", len(a), len(b))
		}
	}
}

// made is what all tests share: photos, and what an unbroken run makes of them.
var made struct {
	once          sync.Once
	dir, unbroken string
	took          time.Duration
}

// world returns a folder with the photos, and the features of an unbroken run.
func world(t *testing.T) (dir, unbroken string) {
	t.Helper()
	made.once.Do(func() {
		shared, err := os.MkdirTemp("", "cairn-cache-")
		if err != nil {
			t.Fatal(err)
		}
		made.dir, made.unbroken = shared, filepath.Join(shared, "features")
		if err := paint(filepath.Join(shared, "photos")); err != nil {
			t.Fatal(err)
		}
		begin, log := time.Now(), filepath.Join(shared, "log")
		finish(t, shared, made.unbroken, log)
		made.took = time.Since(begin)
		if n := len(digests(t, log)); n != photos {
			t.Fatalf("want %d photos computed, got %d", photos, n)
		}
	})
	return another(t), made.unbroken
}

// another returns a folder with the photos and nothing else.
func another(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(made.dir, "photos"), filepath.Join(dir, "photos")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// counts opens the cache and says how many of some photos it has.
func counts(t *testing.T, dir string, list [][32]byte) int {
	t.Helper()
	s, err := small()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := cache.Open(filepath.Join(dir, "cache"), cache.Config{Damaged: func(err error) { t.Error(err) }})
	if err != nil {
		t.Fatal(err)
	}
	n, row := 0, make([]float32, s.Features())
	for _, d := range list {
		found, err := c.For(s).Get(t.Context(), 0, d, row)
		if err != nil {
			t.Fatal(err)
		}
		if found {
			n++
		}
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	return n
}

// TestKilledAtRandomMoments kills processes with SIGKILL and starts them again.
// Of what one has computed, all but its last batch must be there for the next.
func TestKilledAtRandomMoments(t *testing.T) {
	kills := 25
	if testing.Short() {
		kills = 3
	}
	dir, unbroken := world(t)
	r := rand.New(rand.NewPCG(3, 4))
	times, lost := map[[32]byte]int{}, 0 // of this extraction: how often each photo was computed, and in vain
	killed, hit, worst, whole := 0, 0, 0, 0
	for run := 0; ; run++ {
		out, log := filepath.Join(dir, "features"), filepath.Join(dir, fmt.Sprint("log", run))
		c, text := child(t, dir, out, log)
		if killed < kills {
			time.Sleep(time.Duration(r.Int64N(int64(made.took))))
			_ = c.Process.Kill() // an error if it has ended
		}
		err := c.Wait()
		if text.Len() > 0 {
			t.Errorf("run %d: %v: %s", run, err, text)
		}
		computed := digests(t, log)
		for _, d := range computed {
			times[d]++
		}
		last := computed[len(computed)-min(batch, len(computed)):]
		if n := len(computed) - len(last); counts(t, dir, computed[:n]) != n {
			t.Errorf("run %d: want all photos of all batches but the last in the cache", run)
		}
		again := len(last) - counts(t, dir, last)
		lost, worst = lost+again, max(worst, again)
		if again > 0 {
			hit++
		}
		if err != nil {
			killed++
			continue
		}
		whole++
		total := 0
		for _, n := range times {
			total += n
		}
		if len(times) != photos || total != photos+lost {
			t.Errorf("want %d photos computed and %d again after kills, got %d and %d", photos, lost, len(times), total-len(times))
		}
		same(t, unbroken, out)
		if killed >= kills {
			break
		}
		dir, lost = another(t), 0 // from the beginning, or the others would find all in the cache
		clear(times)
	}
	t.Logf("%d kills within %v, in %d extractions; %d of them cost photos that were computed, %d at most", killed, made.took, whole, hit, worst)
}

// TestTwoProcessesAtOnce has two processes extract the same list with the same
// cache, into one folder and into two.
func TestTwoProcessesAtOnce(t *testing.T) {
	for _, outs := range [][]string{{"features", "features"}, {"features", "others"}} {
		dir, unbroken := world(t)
		var wait sync.WaitGroup
		for i, out := range outs {
			wait.Go(func() {
				if report := finish(t, dir, filepath.Join(dir, out), filepath.Join(dir, fmt.Sprint("log", i))); report != "" {
					t.Error(report)
				}
			})
		}
		wait.Wait()
		times := map[[32]byte]int{}
		for i := range outs {
			for _, d := range digests(t, filepath.Join(dir, fmt.Sprint("log", i))) {
				times[d]++
			}
		}
		twice := 0
		for d, n := range times {
			if n > 2 {
				t.Errorf("%x: want the photo computed once or twice, got %d times", d, n)
			}
			twice += n - 1
		}
		if len(times) != photos {
			t.Errorf("want %d photos computed, got %d", photos, len(times))
		}
		for _, out := range outs {
			same(t, unbroken, filepath.Join(dir, out))
		}
		c, err := cache.Open(filepath.Join(dir, "cache"), cache.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if good, damage, err := c.Verify(t.Context()); good != photos || damage != nil || err != nil {
			t.Errorf("verify: got %d, %v, %v", good, damage, err)
		}
		t.Logf("into %v: %d of %d photos were computed twice", outs, twice, photos)
	}
}

func TestFlippedByteIsComputedAgain(t *testing.T) {
	dir, unbroken := world(t)
	out, log := filepath.Join(dir, "features"), filepath.Join(dir, "log")
	finish(t, dir, out, log)
	name := filepath.Join(dir, "cache", "features.db")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	table := files(t, out)["features.npy"]
	row := table[len(table)-len(table)/photos/4*4:] // the last photo's features
	found := false                                  // pages that are free hold copies
	for at := 0; ; at++ {
		i := bytes.Index(content[at:], []byte(row))
		if i < 0 {
			break
		}
		at += i
		content[at+len(row)/2] ^= 4
		found = true
	}
	if !found {
		t.Fatal("the features are not in the cache")
	}
	if err := os.WriteFile(name, content, 0o666); err != nil {
		t.Fatal(err)
	}
	before := len(digests(t, log))
	report := finish(t, dir, out, log)
	after := digests(t, log)
	if len(after) != before+1 || !strings.Contains(report, name) || !strings.Contains(report, hex.EncodeToString(after[len(after)-1][:])) {
		t.Errorf("want the damaged row computed again and named, got %d computed and %.500q", len(after)-before, report)
	}
	same(t, unbroken, out)
	if report := finish(t, dir, out, log); report != "" || len(digests(t, log)) != before+1 {
		t.Errorf("want the cache mended, got %.500q", report)
	}
}
