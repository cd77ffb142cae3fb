package main

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

// run is the command with its arguments: what it prints.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, _, err := runBoth(t, args...)
	return out, err
}

// runBoth is run with what goes to the standard error, too.
func runBoth(t *testing.T, args ...string) (out, status string, err error) {
	t.Helper()
	var o, s bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(&o)
	root.SetErr(&s)
	err = root.ExecuteContext(t.Context())
	return o.String(), s.String(), err
}

func TestBenchJSON(t *testing.T) {
	out, err := run(t, "bench", "--model", "efficientnetlite0", "--size", "40", "--batch", "2", "--threads", "2", "--rounds", "4", "--kernel", "go", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	for name, want := range map[string]any{
		"model": "efficientnetlite0", "size": 40.0, "batch": 2.0, "threads": 2.0, "rounds": 4.0, "kernel": "go",
	} {
		if r[name] != want {
			t.Errorf("%s: want %v, got %v", name, want, r[name])
		}
	}
	number := func(name string) float64 {
		v, ok := r[name].(float64)
		if !ok {
			t.Errorf("%s: want a number, got %v", name, r[name])
		}
		return v
	}
	for _, name := range []string{"gflops", "peak_gflops_before", "peak_gflops_after", "alloc_bytes_per_run", "best_ms"} {
		if number(name) <= 0 {
			t.Errorf("%s: want above 0, got %v", name, r[name])
		}
	}
	if maxRSS() > 0 && number("max_rss_mb") < 5 {
		t.Errorf("max_rss_mb: want the megabytes of a process, got %v", r["max_rss_mb"])
	}
	if best, median, p90 := number("best_ms"), number("median_ms"), number("p90_ms"); best > median || median > p90 {
		t.Errorf("want best ≤ median ≤ p90, got %g, %g, %g", best, median, p90)
	}
	if got, want := number("images_per_s"), 2000/number("median_ms"); got < 0.99*want || got > 1.01*want {
		t.Errorf("images_per_s: want %g, got %g", want, got)
	}
	if len(r) != 15 {
		t.Errorf("want 15 fields, got %d: %v", len(r), r)
	}
}

func TestBenchTable(t *testing.T) {
	out, err := run(t, "bench", "--model", "efficientnetlite0", "--size", "32", "--threads", "1", "--rounds", "1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"efficientnetlite0, 32×32, batch 1", "1 threads", "GFLOP/s", "MB at most"} {
		if !strings.Contains(out, want) {
			t.Errorf("want %q in:\n%s", want, out)
		}
	}
}

func TestPlan(t *testing.T) {
	for _, c := range []struct {
		args []string
		row  string // of the first step
	}{
		// A 3×3 convolution of 3 to 32 channels with stride 2, on 32×32 pixels:
		// 16·16·32·27 products; 3,072 values in and 8,192 out.
		{nil, `(?m)^0 +conv +16×16×32 +0\.4 +0\.05 +\S+`},
		{[]string{"--time", "--rounds", "2"}, `(?m)^0 +conv +16×16×32 +0\.4 +0\.05 +\d+\.\d{3} +\d+\.\d +\S+`},
	} {
		out, err := run(t, append([]string{"plan", "--model", "efficientnetlite0", "--size", "32"}, c.args...)...)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(c.row).MatchString(out) {
			t.Errorf("want a line %s in:\n%s", c.row, out)
		}
		if !strings.Contains(out, " steps, ") {
			t.Errorf("want totals in:\n%s", out)
		}
	}
}

func TestVersion(t *testing.T) {
	out, err := run(t, "version")
	if err != nil || !strings.HasPrefix(out, "cairn ") || !strings.Contains(out, "kernel ") {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestBadArguments(t *testing.T) {
	for _, c := range []struct {
		args string
		want []string
	}{
		{"bench --model lenet", []string{"--model", `"lenet"`, "resnet50v2"}},
		{"bench --kernel mmx", []string{"--kernel", "auto", `"mmx"`}},
		{"bench --rounds 0", []string{"--rounds", "got 1 and 0"}},
		{"bench --batch -1", []string{"--batch", "got -1"}},
		{"bench --size 31", []string{"32×32", "31×31"}},
		{"bench --threads -2", []string{"threads -2"}},
		{"bench now", []string{"now"}},
		{"plan --rounds 0", []string{"--rounds"}},
		{"plan --model lenet", []string{"--model"}},
		{"nonsense", []string{"nonsense"}},
	} {
		_, err := run(t, strings.Fields(c.args)...)
		if err == nil {
			t.Errorf("%s: want an error", c.args)
			continue
		}
		for _, want := range c.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: want %q in %q", c.args, want, err)
			}
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, c := range []struct {
		sorted      []float64
		median, p90 float64
	}{
		{[]float64{3}, 3, 3},
		{[]float64{1, 2}, 1.5, 2},
		{[]float64{1, 2, 4}, 2, 4},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 5.5, 9},
	} {
		if m, p := quantile(c.sorted, 0.5), quantile(c.sorted, 0.9); m != c.median || p != c.p90 {
			t.Errorf("%v: want %g and %g, got %g and %g", c.sorted, c.median, c.p90, m, p)
		}
	}
}
