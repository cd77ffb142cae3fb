package backbones_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/nn"
)

// TestSummary looks for the lines that Keras prints for the same networks.
func TestSummary(t *testing.T) {
	for _, c := range []struct {
		spec  backbones.Spec
		lines []string
	}{
		{backbones.ResNet50V2(), []string{
			`Model: "resnet50v2"`,
			"conv1_conv (Conv2D) │ (None, 112, 112, 64) │ 9,472 │ conv1_pad",
			"max_pooling2d (MaxPooling2D) │ (None, 28, 28, 256) │ 0 │ conv2_block2_out",
			"Total params: 23,564,800 (89.89 MB)",
			"Trainable params: 23,519,360 (89.72 MB)",
			"Non-trainable params: 45,440 (177.50 KB)",
		}},
		{backbones.DenseNet121(), []string{
			"conv5_block16_concat (Concatenate) │ (None, 7, 7, 1024) │ 0 │ conv5_block15_concat,",
			"Total params: 7,037,504 (26.85 MB)",
			"Trainable params: 6,953,856 (26.53 MB)",
			"Non-trainable params: 83,648 (326.75 KB)",
		}},
	} {
		_, output, err := c.spec.Declare(backbones.Config{})
		if err != nil {
			t.Fatal(err)
		}
		var s strings.Builder
		if err := nn.Summary(&s, c.spec.Name, output); err != nil {
			t.Fatal(err)
		}
		width := 0
		for line := range strings.Lines(s.String()) {
			width = max(width, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
		}
		if width > 120 {
			t.Errorf("%s: want at most 120 columns, got %d", c.spec.Name, width)
		}
		folded := strings.Join(strings.Fields(s.String()), " ")
		for _, want := range c.lines {
			if !strings.Contains(folded, want) {
				t.Errorf("%s: want %q in:\n%s", c.spec.Name, want, s.String()[:2000])
			}
		}
	}
}
