package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/internal/cuda"
	"github.com/cairnml/cairn/internal/kernel"
)

// diagnosis is what doctor prints.
type diagnosis struct {
	Version  string   `json:"version"`
	Go       string   `json:"go"`
	System   string   `json:"system"`
	Tags     []string `json:"tags"` // of the build
	Cgo      bool     `json:"cgo"`
	Kernel   string   `json:"kernel"` // inner loops on the CPU
	Threads  int      `json:"threads"`
	Weights  string   `json:"weights"`  // folder of those that were fetched
	Features string   `json:"features"` // folder of the cache
	CUDA     gpus     `json:"cuda"`
}

// gpus is the part about CUDA.
type gpus struct {
	Built   bool   `json:"built"`
	Error   string `json:"error,omitempty"`
	Driver  string `json:"driver,omitempty"` // newest CUDA that it knows
	Devices []gpu  `json:"devices"`
}

type gpu struct {
	Index           int      `json:"index"`
	Name            string   `json:"name"`
	Capability      string   `json:"compute_capability"`
	Multiprocessors int      `json:"multiprocessors"`
	MemoryMB        int64    `json:"memory_mb"`
	FreeMB          int64    `json:"free_mb"`
	Precisions      []string `json:"precisions"` // the default first; none if the device is too old
}

func newDoctor() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Tell what this program and machine run models with",
		Long: `Tells how this program was built, which inner loops it has on this CPU, where it
keeps weights and features, and whether it finds NVIDIA's driver and GPUs.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := diagnose(cuda.Report())
			if err != nil {
				return err
			}
			if asJSON {
				e := json.NewEncoder(c.OutOrStdout())
				e.SetIndent("", "  ")
				return e.Encode(d)
			}
			return d.write(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// diagnose takes what cuda.Report returned.
func diagnose(s cuda.System, noGPU error) (*diagnosis, error) {
	inner, err := kernel.Auto.Resolve()
	if err != nil {
		return nil, err
	}
	d := &diagnosis{
		Version: version(), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Tags: []string{},
		Kernel: inner.String(), Threads: runtime.GOMAXPROCS(0), CUDA: diagnoseGPUs(s, noGPU),
	}
	if d.Weights, err = orCache(""); err != nil {
		return nil, err
	}
	d.Features = filepath.Join(d.Weights, "features")
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "-tags":
				d.Tags = strings.Split(s.Value, ",")
			case "CGO_ENABLED":
				d.Cgo = s.Value == "1"
			}
		}
	}
	return d, nil
}

func diagnoseGPUs(s cuda.System, err error) gpus {
	g := gpus{Built: !errors.Is(err, cuda.ErrNoCUDA), Devices: []gpu{}}
	if err != nil {
		g.Error = err.Error()
	}
	if s.Driver > 0 {
		g.Driver = fmt.Sprintf("%d.%d", s.Driver/1000, s.Driver%1000/10)
	}
	for _, i := range s.Devices {
		device := gpu{
			Index: i.Index, Name: i.Name, Capability: fmt.Sprintf("%d.%d", i.Major, i.Minor), Multiprocessors: i.Cores,
			MemoryMB: i.Memory / 1e6, FreeMB: i.Free / 1e6, Precisions: []string{},
		}
		if i.Major >= oldestMajor {
			device.Precisions = append(device.Precisions, "float32")
		}
		if i.TF32() {
			device.Precisions = append(device.Precisions, "tf32")
		}
		g.Devices = append(g.Devices, device)
	}
	return g
}

// oldestMajor is the major compute capability that the oldest kernels are for.
const oldestMajor = 7

func (d *diagnosis) write(w io.Writer) error {
	tags, cgo := "no tags", "without cgo"
	if len(d.Tags) > 0 {
		tags = "tags " + strings.Join(d.Tags, ", ")
	}
	if d.Cgo {
		cgo = "with cgo"
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(t, "cairn\t%s, %s, %s\n", d.Version, d.Go, d.System)
	fmt.Fprintf(t, "built\twith %s, %s\n", tags, cgo)
	fmt.Fprintf(t, "CPU\tkernel %s, %d threads\n", d.Kernel, d.Threads)
	fmt.Fprintf(t, "weights\t%s (cairn weights list)\n", d.Weights)
	fmt.Fprintf(t, "features\t%s (cairn cache info)\n", d.Features)
	d.CUDA.write(t)
	return t.Flush()
}

func (g gpus) write(w io.Writer) {
	switch {
	case !g.Built:
		fmt.Fprintln(w, "CUDA\tnot in this build; models run on the CPU")
		fmt.Fprintln(w, "\tfor NVIDIA GPUs on Linux: CGO_ENABLED=1 go build -tags gpu ./cmd/cairn, see docs/cuda.md")
		return
	case g.Driver == "":
		fmt.Fprintf(w, "CUDA\t%s; models run on the CPU\n", g.Error)
		return
	}
	fmt.Fprintf(w, "CUDA\tdriver for CUDA %s\n", g.Driver)
	for _, d := range g.Devices {
		precisions := "too old: want compute capability 7.0 or above"
		if len(d.Precisions) > 0 {
			precisions = strings.Join(d.Precisions, " (default), ")
		}
		fmt.Fprintf(w, "cuda:%d\t%s, compute capability %s, %d multiprocessors, %.1f of %.1f GB free; %s\n",
			d.Index, d.Name, d.Capability, d.Multiprocessors, float64(d.FreeMB)/1e3, float64(d.MemoryMB)/1e3, precisions)
	}
	if g.Error != "" {
		fmt.Fprintf(w, "\t%s\n", g.Error)
	}
}
