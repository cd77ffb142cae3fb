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
	for _, c := range []struct {
		config Config
		tr     Training
		want   string
	}{
		{deep, Training{}, "begun here: the layers of the head are others; go on"},
		{inputs, other, "Batch: want 128, got 3;"},
		{inputs, Training{Seed: 9}, "Seed: want 0, got 9;"},
		{inputs, Training{LearningRate: 0.5, LabelSmoothing: 0.1}, "LabelSmoothing: want 0, got 0.1; Adam.LearningRate: want 0, got 0.5;"},
		{inputs, Training{Optimizer: nn.SGD{}}, "Optimizer: want Adam, got SGD;"},
		{inputs, Training{ClassWeights: map[string]float64{fit.Classes[0]: 2}}, "the weights of the rows are others;"},
		{inputs, Training{Callbacks: []Callback{TerminateOnNaN{}}}, "Callbacks: want none, got TerminateOnNaN;"},
	} {
		if err := begin(c.config, c.tr); err == nil || !strings.Contains(err.Error(), "checkpoint "+dir) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	if err := begin(inputs, Training{}); err != nil {
		t.Errorf("the same: got %v", err)
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

// The numbers of callbacks count, with defaults filled in; names of files do not.
func TestCheckpointKnowsCallbacks(t *testing.T) {
	fit, held := noisy(t)
	dir, half, third := t.TempDir(), 0.5, 1.0/3
	begin := func(epochs int, callbacks ...Callback) error {
		for _, err := range newHead(t, Config{Inputs: fit.Width, Classes: fit.Classes}).Train(t.Context(), fit, held, Training{Epochs: epochs, Checkpoint: dir, Callbacks: callbacks}) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	logs := t.TempDir()
	callbacks := func() []Callback {
		return []Callback{EarlyStopping{Patience: 9}, EarlyStopping{Patience: 8, Baseline: &half}, ReduceLROnPlateau{}, CSVLogger{File: filepath.Join(logs, "log.csv")}, mine{1, ""}}
	}
	if err := begin(1, callbacks()...); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		at   int
		by   Callback
		want string
	}{
		{0, EarlyStopping{Patience: 10}, "begun here: EarlyStopping.Patience: want 9, got 10;"},
		{0, EarlyStopping{Patience: 9, RestoreBestWeights: true, MinDelta: 0.5}, "EarlyStopping.MinDelta: want 0, got 0.5; EarlyStopping.RestoreBestWeights: want false, got true;"},
		{1, EarlyStopping{Patience: 8}, "EarlyStopping, callback 2.Baseline: want 0.5, got none;"},
		{1, EarlyStopping{Patience: 8, Baseline: &third}, "EarlyStopping, callback 2.Baseline: want 0.5, got 0.3333333333333333;"},
		{2, ReduceLROnPlateau{Factor: 0.2}, "ReduceLROnPlateau.Factor: want 0.1, got 0.2;"},
		{2, ReduceLROnPlateau{Factor: 0.1, Patience: 10, MinDelta: 1e-4}, ""},
		{3, CSVLogger{File: filepath.Join(logs, "other.csv")}, ""},
		{4, mine{2, ""}, "mine.N: want 1, got 2;"},
		{4, mine{1, "other"}, ""},
		{4, TerminateOnNaN{}, "Callbacks: want EarlyStopping, EarlyStopping, ReduceLROnPlateau, CSVLogger, mine, got EarlyStopping, EarlyStopping, ReduceLROnPlateau, CSVLogger, TerminateOnNaN;"},
	} {
		list := callbacks()
		list[test.at] = test.by
		if err := begin(1, list...); (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: want %q, got %v", test.by, test.want, err)
		}
	}

	// A fall over all steps is another one with more epochs.
	dir = t.TempDir()
	if err := begin(1, CosineDecay{InitialLearningRate: 0.1}); err != nil {
		t.Fatal(err)
	}
	if err := begin(2, CosineDecay{InitialLearningRate: 0.1}); err == nil || !strings.Contains(err.Error(), "CosineDecay.DecaySteps: want 1, got 2;") {
		t.Errorf("got %v", err)
	}
	if err := begin(2, CosineDecay{InitialLearningRate: 0.1, DecaySteps: 1}); err != nil {
		t.Error(err)
	}
}

// mine is a callback that does nothing.
type mine struct {
	N    int
	File string
}

func (m mine) Begin(*Run) (Watcher, error) { return m, nil }
func (mine) EpochEnd(Epoch) error          { return nil }
func (mine) End() error                    { return nil }

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
