// Kernels assembles the kernels of internal/cuda with NVIDIA's ptxas and prints what
// each needs of a multiprocessor, as a table for docs/cuda.md. It fails where ptxas
// does, and where a kernel for compute capability 8.0 or 9.0 spills registers.
//
//	go run ./tools/cuda/kernels [-ptxas FILE] [-write docs/cuda.md]
//
// tools/cuda/setup.sh gets ptxas and sets $PTXAS, which is the default.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

func main() {
	ptxas := flag.String("ptxas", os.Getenv("PTXAS"), "NVIDIA's assembler `file`")
	folder := flag.String("kernels", filepath.Join("internal", "cuda", "kernels"), "`folder` of PTX files")
	write := flag.String("write", "", "replace the table in this `file`")
	flag.Parse()
	if err := run(*ptxas, *folder, *write); err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func run(ptxas, folder, write string) error {
	if ptxas == "" {
		return fmt.Errorf("no -ptxas and no $PTXAS: want what tools/cuda/setup.sh prints")
	}
	var rows []row
	for _, m := range modules {
		found, err := m.rows(ptxas, folder)
		if err != nil {
			return err
		}
		rows = append(rows, found...)
	}
	text := table(rows)
	if write != "" {
		return replace(write, text)
	}
	_, err := os.Stdout.WriteString(text)
	return err
}

// module is a PTX file, what it must assemble for, and from where on devices use it.
type module struct {
	file          string
	architectures []string
	used          []string
}

var modules = []module{
	{"fp32_sm_70.ptx", architectures, architectures[:1]},
	{"fp32_sm_80.ptx", architectures[1:], architectures[1:]},
	{"tf32_sm_80.ptx", architectures[1:], architectures[1:]},
}

// architectures are the table's, as ptxas calls them.
var architectures = []string{"sm_70", "sm_80", "sm_90"}

// row is a kernel on an architecture.
type row struct {
	architecture string
	usage
}

func (m module) rows(ptxas, folder string) ([]row, error) {
	name := filepath.Join(folder, m.file)
	ptx, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	threads, err := threadsOf(string(ptx))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var rows []row
	for _, a := range m.architectures {
		out, err := exec.Command(ptxas, "-v", "-arch="+a, name, "-o", os.DevNull).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("%s for %s: %w\n%s", m.file, a, err, out)
		}
		used, err := parse(string(out))
		if err != nil {
			return nil, fmt.Errorf("%s for %s: %w in\n%s", m.file, a, err, out)
		}
		if len(used) != len(threads) {
			return nil, fmt.Errorf("%s for %s: want %d kernels, got %d in\n%s", m.file, a, len(threads), len(used), out)
		}
		for _, u := range used {
			if u.spilled != 0 && a != "sm_70" {
				return nil, fmt.Errorf("%s for %s: %s spills %d bytes of registers", m.file, a, u.kernel, u.spilled)
			}
			if u.threads = threads[u.kernel]; u.threads == 0 {
				return nil, fmt.Errorf("%s for %s: %s is not in the PTX", m.file, a, u.kernel)
			}
			if slices.Contains(m.used, a) {
				rows = append(rows, row{a, u})
			}
		}
	}
	return rows, nil
}

// table is in Markdown, a line a kernel.
func table(rows []row) string {
	var kernels []string
	for _, r := range rows {
		if !slices.Contains(kernels, r.kernel) {
			kernels = append(kernels, r.kernel)
		}
	}
	slices.Sort(kernels)
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 8, 1, ' ', 0)
	fmt.Fprint(t, "| kernel\t| threads\t| shared")
	for _, a := range architectures {
		fmt.Fprintf(t, "\t| %s\t| occupancy", a)
	}
	fmt.Fprintf(t, "\t|\n| ---\t%s|\n", strings.Repeat("| ---:\t", 2+2*len(architectures)))
	for _, kernel := range kernels {
		writeKernel(t, kernel, rows)
	}
	t.Flush()
	return b.String()
}

// writeKernel writes a line of the table.
func writeKernel(t io.Writer, kernel string, rows []row) {
	on := map[string]usage{}
	var any usage
	for _, r := range rows {
		if r.kernel == kernel {
			on[r.architecture], any = r.usage, r.usage
		}
	}
	fmt.Fprintf(t, "| %s\t| %d\t| %d\t", kernel, any.threads, any.shared)
	for _, a := range architectures {
		u, ok := on[a]
		if !ok {
			fmt.Fprint(t, "| –\t| –\t")
			continue
		}
		spilled := ""
		if u.spilled > 0 {
			spilled = fmt.Sprintf(" and %d B spilled", u.spilled)
		}
		m := multiprocessors[a]
		fmt.Fprintf(t, "| %d%s\t| %d %%\t", u.registers, spilled, 100*m.blocks(u)*u.threads/m.maxThreads)
	}
	fmt.Fprintln(t, "|")
}

// The lines around the table in the file that it is written to.
const begin, end = "<!-- by tools/cuda/kernels -->\n", "<!-- end -->\n"

func replace(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(old), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s: want the lines %q and %q", file, begin, end)
	}
	return os.WriteFile(file, []byte(before+begin+text+end+after), 0o644)
}
