package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
)

func TestBenchTakesTurns(t *testing.T) {
	var out bytes.Buffer
	root := newRoot()
	root.SetArgs([]string{"bench", "--model", "efficientnetlite0", "--size", "32", "--threads", "1", "--turns"})
	root.SetIn(strings.NewReader("run\npeak\nrun\nstop\n"))
	root.SetOut(&out)
	err := root.ExecuteContext(t.Context())
	if err == nil || !strings.Contains(err.Error(), `got "stop"`) {
		t.Errorf("want an error that says stop, got %v", err)
	}
	lines := strings.Fields(out.String())
	if len(lines) != 4 || lines[0] != "ready" {
		t.Fatalf("want ready and three numbers, got %q", lines)
	}
	for _, line := range lines[1:] {
		if v, err := strconv.ParseFloat(line, 64); err != nil || v <= 0 {
			t.Errorf("want a number above 0, got %q", line)
		}
	}
}
