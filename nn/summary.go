package nn

import (
	"fmt"
	"io"
	"strings"

	"github.com/cairnml/cairn/internal/layer"
)

// Summary prints the network as Keras's model.summary() does: every layer with
// its class, output shape, parameters and inputs, then the totals.
func Summary(w io.Writer, model string, outputs ...*Node) error {
	roots, err := layersOf(outputs)
	if err != nil {
		return err
	}
	ordered := layer.Ordered(roots...)
	rows := [][4]string{{"Layer (type)", "Output Shape", "Param #", "Connected to"}}
	trainable, fixed := 0, 0
	for _, l := range ordered {
		params := 0
		for _, weight := range l.Weights {
			params += weight.Len()
			if weight.Trainable {
				trainable += weight.Len()
			} else {
				fixed += weight.Len()
			}
		}
		inputs := make([]string, len(l.In))
		for i, in := range l.In {
			inputs[i] = in.Name
		}
		rows = append(rows, [4]string{
			fmt.Sprintf("%s (%s)", l.Name, l.Op.Class()),
			"(None, " + join(l.Shape) + ")",
			thousands(params),
			strings.Join(inputs, ", "),
		})
	}

	var s strings.Builder
	fmt.Fprintf(&s, "Model: %q\n", model)
	writeGrid(&s, rows)
	fmt.Fprintf(&s, " Total params: %s (%s)\n", thousands(trainable+fixed), bytes(4*(trainable+fixed)))
	fmt.Fprintf(&s, " Trainable params: %s (%s)\n", thousands(trainable), bytes(4*trainable))
	fmt.Fprintf(&s, " Non-trainable params: %s (%s)\n", thousands(fixed), bytes(4*fixed))
	_, err = io.WriteString(w, s.String())
	return err
}

// maxWidths bounds the columns so that a table stays within 120 characters;
// longer cells break into more lines.
var maxWidths = [4]int{46, 22, 13, 26}

// writeGrid draws rows, the first of which is the heading, in a frame.
func writeGrid(s *strings.Builder, rows [][4]string) {
	widths := [4]int{}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = min(max(widths[i], len([]rune(cell))), maxWidths[i])
		}
	}
	rule := func(left, fill, cross, right string) {
		s.WriteString(left)
		for i, n := range widths {
			if i > 0 {
				s.WriteString(cross)
			}
			s.WriteString(strings.Repeat(fill, n+2))
		}
		s.WriteString(right + "\n")
	}
	rule("┏", "━", "┳", "┓")
	for r, row := range rows {
		bar := "│"
		if r == 0 {
			bar = "┃"
		}
		var cells [4][]string
		height := 1
		for i, cell := range row {
			cells[i] = wrap(cell, widths[i])
			height = max(height, len(cells[i]))
		}
		for line := range height {
			for i, n := range widths {
				text := ""
				if line < len(cells[i]) {
					text = cells[i][line]
				}
				space := strings.Repeat(" ", n-len([]rune(text)))
				if i == 2 { // numbers to the right
					text, space = space+text, ""
				}
				fmt.Fprintf(s, "%s %s%s ", bar, text, space)
			}
			s.WriteString(bar + "\n")
		}
		if r == 0 {
			rule("┡", "━", "╇", "┩")
		}
	}
	rule("└", "─", "┴", "┘")
}

// wrap breaks a cell at spaces, or anywhere when there is none, into lines of
// at most n characters.
func wrap(cell string, n int) []string {
	var lines []string
	text := []rune(cell)
	for len(text) > n {
		cut := n
		for i := n; i > 0; i-- {
			if text[i] == ' ' {
				cut = i
				break
			}
		}
		lines = append(lines, string(text[:cut]))
		text = text[cut:]
		for len(text) > 0 && text[0] == ' ' {
			text = text[1:]
		}
	}
	return append(lines, string(text))
}

// thousands writes 23564800 as 23,564,800.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// bytes writes a size as Keras does: 89.89 MB, with units of 1024.
func bytes(n int) string {
	units := []string{"B", "KB", "MB", "GB"}
	size, unit := float64(n), 0
	for size >= 1024 && unit < len(units)-1 {
		size, unit = size/1024, unit+1
	}
	return fmt.Sprintf("%.2f %s", size, units[unit])
}

// join writes a shape as 83, 83, 64.
func join(shape []int) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = fmt.Sprint(d)
	}
	return strings.Join(parts, ", ")
}

// length is the number of values of a shape.
func length(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
