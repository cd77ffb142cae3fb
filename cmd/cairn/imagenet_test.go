package main

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The embedded EfficientNetLite0 has its top.
func TestPredictImageNet(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, `,"%d": ["n%08d", "class_%d"]`, i, i, i)
	}
	index, photo := filepath.Join(dir, "index.json"), filepath.Join(dir, "grey.png")
	if err := os.WriteFile(index, []byte("{"+b.String()[1:]+"}"), 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(photo)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := run(t, "predict", "--imagenet", "efficientnetlite0", "--classes", index, "--top", "3", photo)
	if err != nil {
		t.Fatal(err)
	}
	if rows := regexp.MustCompile(`(?m)^ +\d+\.\d\d %  n\d{8}  class_\d+$`).FindAllString(out, -1); len(rows) != 3 || !strings.HasPrefix(out, photo) {
		t.Errorf("want three classes, got:\n%s", out)
	}
	line, err := run(t, "predict", "--imagenet", "efficientnetlite0", "--classes", index, "--top", "0", "--json", photo)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		File    string
		Classes []guess
	}
	if err := json.Unmarshal([]byte(line), &all); err != nil {
		t.Fatal(err)
	}
	var sum float32
	for _, g := range all.Classes {
		sum += g.Probability
	}
	if first := fmt.Sprintf("%8.2f %%  %s  %s\n", 100*all.Classes[0].Probability, all.Classes[0].ID, all.Classes[0].Class); all.File != photo ||
		len(all.Classes) != 1000 || sum < 0.999 || sum > 1.001 || !strings.Contains(out, first) {
		t.Errorf("want %d classes that begin with %q, got %d, sum %v", 1000, first, len(all.Classes), sum)
	}
	for _, c := range []struct{ args, want string }{
		{"predict --imagenet lenet --classes " + index + " " + photo, "--imagenet"},
		{"predict --imagenet resnet50v2 --classes " + index + " " + photo, "--weights"},
		{"predict --imagenet resnet50v2 --classes " + photo + " " + photo, "--classes"},
		{"predict " + photo, "--imagenet"},
	} {
		if _, err := run(t, strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", c.args, c.want, err)
		}
	}
}
