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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairnml/cairn/weights"
)

// childVariable has the task of a process that a test starts.
const childVariable = "CAIRN_FETCH_TEST_CHILD"

// task is what a child fetches.
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

// child prints its progress, and goes on when it reads a line.
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
	in := bufio.NewReader(os.Stdin)
	_, err := Weights(context.Background(), small, Options{Dir: c.Dir, Files: []File{c.File}, pause: time.Millisecond, Progress: func(p Progress) {
		fmt.Println(p.Step, p.Done)
		if _, err := in.ReadString('\n'); err != nil {
			os.Exit(2) // the test has ended
		}
	}})
	return err
}

// process is a running child.
type process struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
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
	if p.in, err = p.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	if change != nil {
		change(p.Cmd)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// next is the next progress of the child, which then waits for goOn; false at its
// end.
func (p *process) next() (step Step, done int64, ok bool) {
	if !p.out.Scan() {
		return 0, 0, false
	}
	_, err := fmt.Sscan(p.out.Text(), &step, &done)
	return step, done, err == nil
}

func (p *process) goOn() { _, _ = io.WriteString(p.in, "\n") }

// end lets the child go on to its end.
func (p *process) end() error {
	for _, _, ok := p.next(); ok; _, _, ok = p.next() {
		p.goOn()
	}
	return p.Wait()
}

// A fetch is killed at ten random points of the download, then while it checks
// and ten times while it converts. Each time the final name has nothing, or all,
// and the next one goes on.
func TestKilled(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	o := smallOptions(t, s.URL)
	c := task{Dir: o.Dir, File: o.Files[0]}
	rng := rand.New(rand.NewPCG(3, 4))
	part, folder := filepath.Join(o.Dir, smallFile+".part"), filepath.Join(o.Dir, "small")
	size := func() int64 {
		info, err := os.Stat(part)
		if err != nil {
			return 0
		}
		return info.Size()
	}
	for i := range 21 {
		// A progress comes every 128 kB at most, the first ones of a connection sooner.
		step, reports := Load, 1+rng.IntN(3)
		if i >= 10 {
			step, reports = Check, 1
		}
		if i >= 11 {
			step = Convert
		}
		before := size()
		p, come := start(t, c, nil), int64(0)
		for {
			at, done, ok := p.next()
			if !ok {
				t.Fatalf("kill %d: the process ended before: %v, %s", i, p.Wait(), p.err.String())
			}
			if at == step {
				reports--
			}
			if come = done; reports == 0 {
				break
			}
			p.goOn()
		}
		if i%2 == 0 || step == Convert {
			p.goOn() // and is killed anywhere before the next progress
		}
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Microsecond)
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait()
		if r := s.header(-1).Get("Range"); i < 10 && before > 0 && r != fmt.Sprintf("bytes=%d-", before) {
			t.Errorf("kill %d: want a request for what comes after %d bytes, got %q", i, before, r)
		}
		if after := size(); i < 10 && after < come {
			t.Errorf("kill %d: want the %d bytes that had come, got %d", i, come, after)
		}
		store, err := weights.Dir(os.DirFS(folder))
		if err == nil {
			if err := store.Verify(t.Context()); err != nil {
				t.Fatalf("kill %d: the final name has less than all: %v", i, err)
			}
			if err := os.RemoveAll(folder); err != nil { // it was too late to kill
				t.Fatal(err)
			}
		} else if _, err := os.Stat(folder); err == nil {
			t.Fatalf("kill %d: the final name has something", i)
		}
	}
	fetchSmall(t, o)
}

// Two processes fetch the same: one does, the other waits.
func TestTwoProcesses(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	o := smallOptions(t, s.URL)
	c := task{Dir: o.Dir, File: o.Files[0]}
	first := start(t, c, nil)
	if step, _, ok := first.next(); !ok || step != Load {
		t.Fatalf("the first: got %v, %s", step, first.err.String())
	}
	second := start(t, c, nil)
	if step, _, ok := second.next(); !ok || step != Wait {
		t.Fatalf("the second: got %v, %s", step, second.err.String())
	}
	first.goOn()
	if err := first.end(); err != nil {
		t.Fatalf("%v: %s", err, first.err.String())
	}
	second.goOn()
	if step, _, ok := second.next(); ok {
		t.Errorf("the second does something: %v", step)
	}
	if err := second.Wait(); err != nil {
		t.Fatalf("%v: %s", err, second.err.String())
	}
	fetchSmall(t, o)
	if n, served := s.counts(); n != 1 || served != len(content) {
		t.Errorf("want one download, got %d requests of %d bytes", n, served)
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
	unlock, err := Lock(t.Context(), o.Dir, "small", func() { t.Error("waits for nobody") })
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
