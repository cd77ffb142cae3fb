package nn

import (
	"strings"
	"testing"
)

// everything declares each layer that can be trained.
func everything(b *Builder, x *Node) *Node {
	x = b.Dropout("drop", b.Flatten("flat", x), Dropout{Rate: 0.25})
	a := b.BatchNormalization("bn", b.Dense("a", x, Dense{Units: 4, Activation: Swish, L2: 0.5}), BatchNormalization{Momentum: 0.9})
	c := b.ReLU("relu", b.Dense("c", x, Dense{Units: 4, NoBias: true}), 6)
	return b.Dense("out", b.Concatenate("both", b.Add("sum", a, c), b.Activation("gate", c, Sigmoid)), Dense{Units: 3})
}

func TestMarshalAndUnmarshal(t *testing.T) {
	b := NewBuilder()
	want := everything(b, b.Input("x", 2, 2, 2))
	text, err := Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	again := NewBuilder()
	got := again.Unmarshal(text, again.Input("another", 2, 2, 2))
	if err := again.Err(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), `"name":"bn","class":"BatchNormalization"`) {
		t.Errorf("no batch normalization in %s", text)
	}
	text2, err := Marshal(got)
	if err != nil || strings.Replace(string(text2), `"another"`, `"x"`, -1) != string(text) {
		t.Errorf("want\n%s\ngot\n%s, %v", text, text2, err)
	}
}

func TestMarshalRefuses(t *testing.T) {
	b := NewBuilder()
	n := b.GlobalAveragePooling2D("pool", b.Input("x", 4, 4, 2))
	if _, err := Marshal(n); err == nil || !strings.Contains(err.Error(), "pool (GlobalAveragePooling2D)") {
		t.Errorf("got %v", err)
	}
	for text, want := range map[string]string{
		`x`: "declaration", `[]`: "no layers", `[{"name":"a","class":"Conv2D"}]`: "class that can be trained", `[{"class":"Dense"}]`: "want a name",
		`[{"name":"a","class":"Dense","config":{"Units":"x"},"in":[]}]`:                                                                                        "a (Dense)",
		`[{"name":"a","class":"Dense","config":{"Units":2},"in":["b"]}]`:                                                                                       `no layer "b" before it`,
		`[{"name":"i","class":"Input"},{"name":"a","class":"Dense","config":{"Units":0},"in":["i"]}]`:                                                          "units",
		`[{"name":"i","class":"Input"},{"name":"a","class":"Activate","config":{"Function":"tanh"},"in":["i"]}]`:                                               "activation",
		`[{"name":"i","class":"Input"},{"name":"a","class":"Dense","config":{"Units":2},"in":["i","i"]}]`:                                                      "want 1 input",
		`[{"name":"i","class":"Input"},{"name":"a","class":"Dropout","config":{"Rate":0.5},"in":["i"]},{"name":"a","class":"Dropout","config":{},"in":["a"]}]`: "of that name already",
	} {
		b := NewBuilder()
		b.Unmarshal([]byte(text), b.Input("x", 3))
		if err := b.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: want an error with %q, got %v", text, want, err)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	b := NewBuilder()
	text, err := Marshal(everything(b, b.Input("x", 2, 2, 2)))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`[{"name":"i","class":"Input"},{"name":"a","class":"Flatten","in":["i"]}]`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b := NewBuilder()
		n := b.Unmarshal(text, b.Input("x", 2, 2, 2))
		if b.Err() != nil {
			return
		}
		if again, err := Marshal(n); err != nil {
			t.Errorf("%s\ncannot be written again: %v", text, err)
		} else if b := NewBuilder(); b.Unmarshal(again, b.Input("x", 2, 2, 2)) == nil || b.Err() != nil {
			t.Errorf("%s\ncannot be read again: %v", again, b.Err())
		}
	})
}
