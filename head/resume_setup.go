package head

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/nn"
)

// setting is one of the things that a checkpoint depends on.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"` // as people write it, or a hash
	Hash  bool   `json:"hash,omitempty"`
}

// configured is a Watcher that knows its options with all defaults filled in.
type configured interface{ options() any }

// settings lists what a training depends on, but for the number of its epochs. A
// checkpoint of other ones would go on otherwise than it began.
func (l *loop) settings() []setting {
	t := l.training
	plain := func(name string, v any) setting { return setting{Name: name, Value: fmt.Sprint(v)} }
	list := []setting{
		hashed("the rows to fit", func(h hash.Hash) { hashFeatures(h, l.fit) }),
		hashed("the held-out rows", func(h hash.Hash) { hashFeatures(h, l.held) }),
		hashed("the weights of the rows", func(h hash.Hash) { hashFloats(h, l.weights) }),
		hashed("the classes", func(h hash.Hash) { fmt.Fprintf(h, "%q", l.run.head.config.Classes) }),
		hashed("the layers of the head", func(h hash.Hash) {
			declaration, err := nn.Marshal(l.run.head.probabilities)
			fmt.Fprintf(h, "%s %v", declaration, err)
		}),
		plain("Batch", t.Batch), plain("Seed", t.Seed), plain("NoShuffle", t.NoShuffle), plain("LabelSmoothing", t.LabelSmoothing),
		plain("Optimizer", kind(t.Optimizer)),
	}
	list = appendNumbers(list, kind(t.Optimizer), reflect.ValueOf(t.Optimizer))
	var kinds []string
	for _, c := range t.Callbacks {
		kinds = append(kinds, kind(c))
	}
	list = append(list, plain("Callbacks", cmp.Or(strings.Join(kinds, ", "), "none")))
	for i, w := range l.watchers {
		name := kinds[i]
		if slices.Contains(kinds[:i], name) { // the second of its kind, or a later one
			name = fmt.Sprintf("%s, callback %d", name, i+1)
		}
		options := any(t.Callbacks[i])
		if c, ok := w.(configured); ok {
			options = c.options()
		}
		list = appendNumbers(list, name, reflect.ValueOf(options))
	}
	return list
}

// kind is the name of a type without its package.
func kind(v any) string {
	name := fmt.Sprintf("%T", v)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// appendNumbers adds the exported fields of a struct that are numbers or bools, or
// point to them. Others, such as names of files, change no weights.
func appendNumbers(list []setting, name string, v reflect.Value) []setting {
	if v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() != reflect.Struct {
		v = v.Elem()
	}
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				list = appendNumbers(list, name+"."+field.Name, v.Field(i))
			}
		}
	case v.CanInt(), v.CanUint(), v.CanFloat(), v.Kind() == reflect.Bool:
		list = append(list, setting{Name: name, Value: fmt.Sprint(v.Interface())})
	}
	return list
}

// sameSettings is an error that tells how a training differs from the one that
// was begun.
func sameSettings(begun, now []setting) error {
	var different []string
	for _, s := range now {
		i := slices.IndexFunc(begun, func(b setting) bool { return b.Name == s.Name })
		switch {
		case i < 0:
			different = append(different, fmt.Sprintf("%s: want none, got %s", s.Name, s.Value))
		case begun[i] == s:
		case s.Hash:
			different = append(different, s.Name+" are others")
		default:
			different = append(different, fmt.Sprintf("%s: want %s, got %s", s.Name, begun[i].Value, s.Value))
		}
	}
	for _, b := range begun {
		if !slices.ContainsFunc(now, func(s setting) bool { return b.Name == s.Name }) {
			different = append(different, fmt.Sprintf("%s: want %s, got none", b.Name, b.Value))
		}
	}
	const named = 4
	if len(different) == 0 {
		return nil
	}
	if len(different) > named {
		different = append(different[:named], fmt.Sprintf("and %d more", len(different)-named))
	}
	return errors.New("another training was begun here: " + strings.Join(different, "; ") + "; go on with its settings, or remove the folder to begin anew")
}

func hashed(name string, write func(hash.Hash)) setting {
	h := sha256.New()
	write(h)
	return setting{name, hex.EncodeToString(h.Sum(nil)), true}
}

// hashFeatures writes nothing for nil.
func hashFeatures(h hash.Hash, f *data.Features) {
	if f == nil {
		return
	}
	fmt.Fprintf(h, "%d×%d\n", f.Len(), f.Width)
	for i, label := range f.Labels {
		fmt.Fprintf(h, "%d\n", label)
		hashFloats(h, f.Row(i))
	}
}

// hashFloats writes the values as little-endian bytes.
func hashFloats(h hash.Hash, values []float32) {
	buf := make([]byte, 0, 4*len(values))
	for _, v := range values {
		buf = binary.LittleEndian.AppendUint32(buf, math.Float32bits(v))
	}
	h.Write(buf)
}
