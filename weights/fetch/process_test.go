package fetch

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairnml/cairn/weights"
)

// childVariable has the task of a process that a test starts.
const childVariable = "CAIRN_FETCH_TEST_CHILD"

// task is what a child fetches. It prints a line a step.
type task struct {
	Dir   string
	File  File
	FSize uint64 // limit on the bytes of a file; 0 = none
}

// limitFileSize has writes of this process beyond a size fail, where there is
// such a limit.
var limitFileSize func(bytes uint64) error

func TestMain(m *testing.M) {
	if raw := os.Getenv(childVariable); raw != "" {
		if err := child(raw); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func child(raw string) error {
	var c task
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		return err
	}
	if c.FSize > 0 {
		if err := limitFileSize(c.FSize); err != nil {
			return err
		}
	}
	last := Step(255)
	_, err := Weights(context.Background(), small, Options{Dir: c.Dir, Files: []File{c.File}, pause: time.Millisecond, Progress: func(p Progress) {
		if p.Step != last {
			last = p.Step
			fmt.Println(last)
		}
	}})
	return err
}

// process is a running child.
type process struct {
	*exec.Cmd
	out io.ReadCloser
	err strings.Builder
}

func start(t *testing.T, c task, change func(*exec.Cmd)) *process {
	t.Helper()
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{Cmd: exec.Command(exe)}
	p.Env = append(os.Environ(), childVariable+"="+string(raw))
	p.Stderr = &p.err
	if p.out, err = p.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(p.Cmd)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// end waits for the end, calling at with each step that is printed.
func (p *process) end(at func(Step)) error {
	lines := bufio.NewScanner(p.out)
	for lines.Scan() {
		var s Step
		if _, err := fmt.Sscan(lines.Text(), &s); err == nil {
			at(s)
		}
	}
	return p.Wait()
}

// A fetch is killed at ten random points of the download, then while it checks
// and while it converts. Each time the final name has nothing, or all, and the
// next one goes on.
func TestKilled(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	s.pace = time.Millisecond
	o := smallOptions(t, s.URL)
	c := task{Dir: o.Dir, File: o.Files[0]}
	rng := rand.New(rand.NewPCG(3, 4))
	reached := 0
	for i := range 12 {
		var once sync.Once
		var p *process
		kill := func() { once.Do(func() { _ = p.Process.Kill() }) }
		// Points are spread over what is left, so that there is something left.
		_, served := s.counts()
		point := served + 1 + rng.IntN(1+2*max(0, len(content)-reached)/(11-min(i, 10)))
		ready := make(chan struct{})
		s.mu.Lock()
		s.atServed = func(served int) {
			if <-ready; i < 10 && served >= point {
				kill()
			}
		}
		s.mu.Unlock()
		p = start(t, c, nil)
		close(ready)
		err := p.end(func(s Step) {
			if i == 10 && s == Check || i == 11 && s == Convert {
				kill()
			}
		})
		if err == nil && i < 11 {
			t.Fatalf("kill %d: the process ended before", i)
		}
		if info, err := os.Stat(filepath.Join(o.Dir, smallFile+".part")); err == nil {
			reached = int(info.Size())
		}
		if store, err := weights.Dir(os.DirFS(filepath.Join(o.Dir, "small"))); err == nil {
			if err := store.Verify(t.Context()); err != nil {
				t.Fatalf("kill %d: the final name has less than all: %v", i, err)
			}
		} else if _, err := os.Stat(filepath.Join(o.Dir, "small")); err == nil {
			t.Fatalf("kill %d: the final name has something", i)
		}
	}
	s.atServed = nil
	p := start(t, c, nil)
	if err := p.end(func(Step) {}); err != nil {
		t.Fatalf("%v: %s", err, p.err.String())
	}
	fetchSmall(t, o)
	n, served := s.counts()
	t.Logf("%d requests, %d bytes served of a file of %d", n, served, len(content))
	resumed := 0
	for i := range n {
		if s.header(i).Get("Range") != "" {
			resumed++
		}
	}
	// What was on its way to a killed process is lost; without resuming it would
	// be five files.
	if resumed < 8 || served > 2*len(content) {
		t.Errorf("want downloads that go on, got %d of %d with %d bytes", resumed, n, served)
	}
}

// Two processes fetch the same: one does, the other waits.
func TestTwoProcesses(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	s.pace = 2 * time.Millisecond
	o := smallOptions(t, s.URL)
	c := task{Dir: o.Dir, File: o.Files[0]}
	var mu sync.Mutex
	var all []Step
	var wait sync.WaitGroup
	for range 2 {
		p := start(t, c, nil)
		wait.Go(func() {
			err := p.end(func(s Step) {
				mu.Lock()
				all = append(all, s)
				mu.Unlock()
			})
			if err != nil {
				t.Errorf("%v: %s", err, p.err.String())
			}
		})
	}
	wait.Wait()
	fetchSmall(t, o)
	if n, served := s.counts(); n != 1 || served != len(content) {
		t.Errorf("want one download, got %d requests of %d bytes", n, served)
	}
	slices.Sort(all)
	if want := []Step{Wait, Load, Check, Convert}; !slices.Equal(all, want) {
		t.Errorf("want steps %v of both, got %v", want, all)
	}
}

// The same within a process.
func TestTwoCallers(t *testing.T) {
	s := newServer(t, smallContent(t))
	o := smallOptions(t, s.URL)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := Weights(t.Context(), small, o); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	fetchSmall(t, o)
	if n, _ := s.counts(); n != 1 {
		t.Errorf("want one request, got %d", n)
	}
}

// Waiting for another ends with the context.
func TestCancelWait(t *testing.T) {
	s := newServer(t, smallContent(t))
	o := smallOptions(t, s.URL)
	if err := os.Mkdir(o.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	unlock, err := lock(t.Context(), filepath.Join(o.Dir, ".small.lock"), func() { t.Error("waits for nobody") })
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(p Progress) {
		if p.Step == Wait {
			cancel()
		}
	}
	if _, err := Weights(ctx, small, o); err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("got %v", err)
	}
	if n, _ := s.counts(); n != 0 {
		t.Errorf("want no request, got %d", n)
	}
}
