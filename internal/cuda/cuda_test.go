//go:build (cuda || gpu) && cgo && linux

package cuda_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/cairnml/cairn/internal/cuda/fakedriver"
)

// real chooses the machine's own driver and its first GPU.
var (
	real  = flag.Bool("real", false, "run on the real driver instead of the fake one")
	large = flag.Bool("large", false, "also run large pictures, which takes minutes on the fake driver")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if !*real {
		status, done, err := fakedriver.Restart()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		if done {
			os.Exit(status)
		}
	}
	os.Exit(m.Run())
}

// fake sets the fake device for a test; on a real one the test is skipped.
func fake(t *testing.T, s fakedriver.Settings) {
	t.Helper()
	if *real {
		t.Skip("needs the fake driver")
	}
	fakedriver.Set(s)
	t.Cleanup(func() { fakedriver.Set(fakedriver.Settings{}) })
}
