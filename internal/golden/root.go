// Package golden finds the reference cases made by Keras, Pillow and NumPy and
// compares results with them. Only tests import it.
package golden

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Root returns the folder of reference cases: where the environment variable
// CAIRN_GOLDEN points, or shared/golden beside the repository. It returns ""
// when there is none, so that a clone alone runs on the cases in testdata; with
// CI=true a missing folder fails the test instead.
func Root(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("CAIRN_GOLDEN")
	if dir == "" {
		_, file, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(file), "..", "..", "..", "shared", "golden")
	}
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir
	}
	if os.Getenv("CI") == "true" || os.Getenv("CAIRN_GOLDEN") != "" {
		t.Fatalf("golden: no reference cases at %s", dir)
	}
	t.Logf("golden: no reference cases at %s, testdata only", dir)
	return ""
}
