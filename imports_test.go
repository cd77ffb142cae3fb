package cairn_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/cairnml/cairn"

// mayImport is the authority on who imports whom: for each package of the
// module, the packages of the module and the other modules that its code, tests
// aside, may import. The standard library is free.
var mayImport = map[string][]string{
	".":                         {},
	"nn":                        {"internal/cuda", "internal/layer", "internal/plan", "internal/op", "internal/kernel", "internal/resample", "gorgonia.org/gorgonia", "gorgonia.org/tensor"},
	"backbones":                 {"nn", "data", "weights", "gorgonia.org/tensor"},
	"stack":                     {"backbones", "nn", "data", "head", "internal/durable"},
	"stack/cache":               {"stack", "data", "internal/durable", "go.etcd.io/bbolt"},
	"head":                      {"nn", "data", "weights", "internal/durable", "internal/kernel", "gorgonia.org/tensor", "gonum.org/v1/gonum"},
	"head/report":               {"head", "data", "internal/durable", "gonum.org/v1/plot"},
	"data":                      {"internal/photo", "internal/resample", "internal/npy", "internal/durable", "internal/tarfs"},
	"weights":                   {"internal/npy", "internal/hdf5", "internal/zipfile", "internal/durable", "gorgonia.org/tensor"},
	"weights/fetch":             {"weights", "backbones", "internal/durable"},
	"weights/efficientnetlite0": {"weights"},
	"weights/efficientnetlite1": {"weights"},
	"internal/layer":            {},
	"internal/plan":             {"internal/layer", "internal/kernel"},
	"internal/fold":             {"internal/layer", "internal/plan"},
	"internal/op":               {"internal/fold", "internal/plan", "internal/layer", "internal/kernel", "gorgonia.org/gorgonia", "gorgonia.org/tensor", "github.com/chewxy/hm"},
	"internal/cuda":             {"internal/fold", "internal/layer", "internal/plan", "internal/resample", "gorgonia.org/cu"},
	"internal/cuda/fakedriver":  {},
	"internal/kernel":           {"golang.org/x/sys/cpu", "golang.org/x/sys/unix"},
	"internal/kernel/gen":       {},
	"internal/kernel/pixel":     {"internal/kernel"},
	"internal/photo":            {"internal/jpeg", "golang.org/x/image"},
	"internal/resample":         {"internal/kernel/pixel"},
	"internal/npy":              {"internal/half", "internal/zipfile"},
	"internal/half":             {},
	"internal/hdf5":             {"internal/half"},
	"internal/jpeg":             {"internal/kernel", "internal/kernel/pixel"},
	"internal/durable":          {"golang.org/x/sys/windows"},
	"internal/tarfs":            {},
	"internal/golden":           {"internal/npy"},
	"internal/hostile":          {},
	"internal/zipfile":          {},
	"cmd/cairn":                 {"stack", "internal/durable", "internal/npy", "internal/zipfile", "head", "head/report", "weights/efficientnetlite0", "weights/efficientnetlite1", "backbones", "data", "nn", "weights", "weights/fetch", "internal/cuda", "internal/kernel", "stack/cache", "github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/vbauerster/mpb/v8", "github.com/vbauerster/cupwriter", "gorgonia.org/tensor"},
	"examples/dogbreed":         {"stack", "stack/cache", "head", "backbones", "data", "nn", "weights", "weights/efficientnetlite0", "weights/efficientnetlite1", "examples/dogbreed/kennel", "gonum.org/v1/plot"},
	"examples/dogbreed/kennel":  {},
	"examples/ownstack":         {"stack", "head", "backbones", "data", "nn", "weights", "weights/efficientnetlite0", "examples/dogbreed/kennel"},
}

// TestImports fails when a package imports what mayImport does not list, when a
// package is not listed, and when golden is imported outside tests.
func TestImports(t *testing.T) {
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() && file != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata" || base == "tools") {
			return filepath.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		checkImports(t, filepath.ToSlash(file))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg := range mayImport {
		if _, err := os.Stat(filepath.FromSlash(pkg)); err != nil {
			t.Errorf("%s is in the table but not in the tree", pkg)
		}
	}
}

func checkImports(t *testing.T, file string) {
	t.Helper()
	pkg := path.Dir(file)
	allowed, ok := mayImport[pkg]
	if !ok {
		t.Errorf("%s: package %s is not in the table", file, pkg)
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
			continue // standard library
		}
		own := strings.TrimPrefix(imported, module+"/")
		if !slices.ContainsFunc(allowed, func(a string) bool {
			return a == own || strings.Contains(a, ".") && (imported == a || strings.HasPrefix(imported, a+"/"))
		}) {
			t.Errorf("%s: %s may not import %s", file, pkg, imported)
		}
	}
}

// TestPureGo fails when a package that is built without tags uses cgo, or the
// CUDA driver.
func TestPureGo(t *testing.T) {
	const format = `{{if not .Standard}}{{.ImportPath}} {{.CgoFiles}}{{end}}`
	list := exec.Command("go", "list", "-deps", "-f", format, "./...")
	list.Env = append(os.Environ(), "CGO_ENABLED=1", "GOFLAGS=")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for line := range strings.Lines(string(out)) {
		pkg, cgo, _ := strings.Cut(strings.TrimSpace(line), " ")
		found = found || pkg == module+"/internal/cuda"
		if pkg == "gorgonia.org/cu" || cgo != "" && cgo != "[]" {
			t.Errorf("%s is in the build without tags, files with cgo: %s", pkg, cgo)
		}
	}
	if !found {
		t.Errorf("internal/cuda is not listed:\n%s", out)
	}
}
