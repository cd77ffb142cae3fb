package main

import (
	"strings"
	"testing"
)

func TestOwnStack(t *testing.T) {
	var out strings.Builder
	if err := run(t.Context(), t.TempDir(), 4, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"edges", "[1280:1312]", "epoch 40", "the classifier says"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("want %q in:\n%s", want, out.String())
		}
	}
}
