package head

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/nn"
)

// resumable is a training with everything that has a state: a head with dropout
// and batch normalization, an optimiser with slots, and all callbacks.
func resumable(t testing.TB, dir, logFile, best string) (*Head, func(epochs int) (History, error)) {
	t.Helper()
	f := goldenFeatures("gt-public", "small")
	fit, held, err := f.SplitStratified(0.2, 7)
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Config{Inputs: f.Width, Classes: f.Classes, Seed: 4, Layers: func(b *nn.Builder, x *nn.Node) *nn.Node {
		x = b.Dropout("drop", x, nn.Dropout{Rate: 0.3})
		x = b.BatchNormalization("bn", b.Dense("hidden", x, nn.Dense{Units: 33, Activation: nn.ReLU, L2: 1e-3}), nn.BatchNormalization{})
		return b.Dense("out", x, nn.Dense{Units: 7})
	}})
	if err != nil {
		t.Fatal(err)
	}
	return h, func(epochs int) (History, error) {
		tr := Training{Epochs: epochs, Batch: 32, Optimizer: nn.Adam{LearningRate: 0.05, AMSGrad: true}, Seed: 11, Checkpoint: dir, Callbacks: []Callback{
			EarlyStopping{Patience: 9, RestoreBestWeights: true},
			ReduceLROnPlateau{Factor: 0.5, Patience: 1},
			ModelCheckpoint{Dir: best, SaveBestOnly: true},
			CSVLogger{File: logFile},
		}}
		var history History
		for e, err := range h.Train(context.Background(), fit, held, tr) {
			if err != nil {
				return history, err
			}
			history = append(history, e)
			if os.Getenv(killDir) != "" {
				fmt.Println("epoch", e.N)
			}
		}
		return history, nil
	}
}

// outcome is all that a training leaves behind.
type outcome struct{ Weights, Best, Log string }

func leftBy(t *testing.T, h *Head, logFile, best string) outcome {
	t.Helper()
	text, err := os.ReadFile(logFile)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := Open(os.DirFS(best))
	if err != nil {
		t.Fatal(err)
	}
	return outcome{h.Fingerprint(), saved.Fingerprint(), string(text)}
}

const (
	killDir   = "CAIRN_TEST_KILL_DIR" // set for the child that is killed
	killUntil = 12                    // epochs
)

// TestChildTrains is the program that TestKilledTrainingEndsWithTheSameBits
// kills; on its own it does nothing.
func TestChildTrains(t *testing.T) {
	dir := os.Getenv(killDir)
	if dir == "" {
		t.Skip("runs as a child of TestKilledTrainingEndsWithTheSameBits")
	}
	_, run := resumable(t, filepath.Join(dir, "state"), filepath.Join(dir, "log.csv"), filepath.Join(dir, "best"))
	if _, err := run(killUntil); err != nil {
		t.Fatal(err)
	}
}

func TestKilledTrainingEndsWithTheSameBits(t *testing.T) {
	whole := t.TempDir()
	h, run := resumable(t, "", filepath.Join(whole, "log.csv"), filepath.Join(whole, "best"))
	if _, err := run(killUntil); err != nil {
		t.Fatal(err)
	}
	want := leftBy(t, h, filepath.Join(whole, "log.csv"), filepath.Join(whole, "best"))

	dir := t.TempDir()
	kills := 0
	for _, epoch := range []int{1, 2, 5, 9} { // each child goes on where the one before was killed
		kills += killAfter(t, dir, epoch)
	}
	if kills < 3 {
		t.Errorf("killed %d children, want 3 at least", kills)
	}
	names := []string{filepath.Join(dir, "state"), filepath.Join(dir, "log.csv"), filepath.Join(dir, "best")}
	h, run = resumable(t, names[0], names[1], names[2])
	history, err := run(killUntil)
	if err != nil {
		t.Fatal(err)
	}
	if len(history) == 0 || len(history) == killUntil || history[len(history)-1].N != killUntil {
		t.Errorf("want the epochs after the last kill up to %d, got %+v", killUntil, history)
	}
	if diff := cmp.Diff(want, leftBy(t, h, names[1], names[2])); diff != "" {
		t.Errorf("the killed training ended otherwise:\n%s", diff)
	}

	// Begun again when it is over, it ends at once with the same weights.
	h, run = resumable(t, names[0], names[1], names[2])
	if history, err := run(killUntil); err != nil || history != nil || h.Fingerprint() != want.Weights {
		t.Errorf("after the end: want no epoch and the same weights, got %d, %v", len(history), err)
	}
	all, err := CheckpointHistory(os.DirFS(names[0]))
	if err != nil || len(all) != killUntil || all[2].N != 3 || all[2].ValRows == 0 {
		t.Errorf("history of the checkpoint: got %d epochs, %v", len(all), err)
	}
	if left, _ := filepath.Glob(filepath.Join(names[0], "*")); len(left) != 2 {
		t.Errorf("want checkpoint.json and one folder, got %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(names[0], ".*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// killAfter starts a child and kills it with SIGKILL while it is busy behind that
// epoch. It returns how many were killed before their end.
func killAfter(t *testing.T, dir string, epoch int) int {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestChildTrains$", "-test.v")
	c.Env = append(os.Environ(), killDir+"="+dir)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines, at := bufio.NewScanner(out), 0
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "epoch %d", &at); err == nil && at >= epoch {
			break
		}
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if c.Wait() == nil {
		return 0
	}
	return 1
}

// A break in the loop and another number of threads must not show either.
func TestInterruptedTrainingEndsWithTheSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	fit, held := noisy(t)
	train := func(cores int, breaks ...int) string {
		runtime.GOMAXPROCS(cores)
		tr := Training{Epochs: 5, Batch: 16, LearningRate: 0.05, Seed: 2}
		if breaks != nil {
			tr.Checkpoint = t.TempDir()
		}
		var h *Head
		for _, until := range append(breaks, 0) {
			h = newHead(t, Config{Inputs: fit.Width, Classes: fit.Classes, Hidden: []int{9}, Dropout: 0.2})
			for e, err := range h.Train(context.Background(), fit, held, tr) {
				if err != nil {
					t.Fatal(err)
				}
				if e.N == until {
					break
				}
			}
		}
		return h.Fingerprint()
	}
	want := train(1)
	for _, cores := range []int{1, 2, 4} {
		if train(cores) != want {
			t.Errorf("GOMAXPROCS %d: other weights", cores)
		}
		if train(cores, 1, 3, 4) != want {
			t.Errorf("GOMAXPROCS %d, interrupted: other weights", cores)
		}
	}
}

func TestCheckpointOfAnotherTraining(t *testing.T) {
	fit, held := noisy(t)
	dir := t.TempDir()
	begin := func(config Config, tr Training) error {
		tr.Checkpoint = dir
		if tr.Epochs == 0 {
			tr.Epochs = 1
		}
		for _, err := range newHead(t, config).Train(context.Background(), fit, held, tr) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := begin(Config{}, Training{}); err != nil {
		t.Fatal(err)
	}
	inputs := Config{Inputs: fit.Width, Classes: fit.Classes}
	deep, other := inputs, Training{Batch: 3}
	deep.Hidden = []int{3}
	for name, err := range map[string]error{
		"head": begin(deep, Training{}), "batch": begin(inputs, other), "seed": begin(inputs, Training{Seed: 9}),
		"optimiser": begin(inputs, Training{Optimizer: nn.SGD{}}), "callbacks": begin(inputs, Training{Callbacks: []Callback{TerminateOnNaN{}}}),
	} {
		if err == nil || !strings.Contains(err.Error(), "checkpoint "+dir) || !strings.Contains(err.Error(), "the same rows, head and options") {
			t.Errorf("another %s: got %v", name, err)
		}
	}
	if err := begin(inputs, Training{Epochs: 2}); err != nil {
		t.Errorf("more epochs: got %v", err)
	}

	file := filepath.Join(dir, checkpointFile)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var c map[string]any
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	damage := func(key string, value any) error {
		old := c[key]
		c[key] = value
		defer func() { c[key] = old }()
		changed, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, changed, 0o644); err != nil {
			t.Fatal(err)
		}
		return begin(inputs, Training{Epochs: 2})
	}
	for name, err := range map[string]error{
		"format": damage("format", 7), "state": damage("state", "../../etc"), "arrays": damage("arrays", []any{}), "callbacks": damage("callbacks", []any{nil, nil}),
	} {
		if err == nil || !strings.Contains(err.Error(), "checkpoint "+dir) {
			t.Errorf("damaged %s: want an error that names the folder, got %v", name, err)
		}
	}
	if _, err := CheckpointHistory(os.DirFS(t.TempDir())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no checkpoint: got %v", err)
	}
}

// Within the interval only the end of a training is kept, also that by a break.
func TestCheckpointInterval(t *testing.T) {
	f := goldenFeatures("gt-public", "small")
	for _, last := range []int{2, 5} {
		dir := t.TempDir()
		h := newHead(t, Config{Inputs: f.Width, Classes: f.Classes})
		for e, err := range h.Train(t.Context(), f, nil, Training{Epochs: 5, Checkpoint: dir, CheckpointInterval: time.Hour}) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := CheckpointHistory(os.DirFS(dir)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("epoch %d: want no state yet, got %v", e.N, err)
			}
			if e.N == last {
				break
			}
		}
		if history, err := CheckpointHistory(os.DirFS(dir)); err != nil || len(history) != last {
			t.Errorf("want the state after epoch %d, got %d, %v", last, len(history), err)
		}
	}
}
