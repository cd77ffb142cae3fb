package hdf5

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

// In the newest version of the format all structures have checksums. A changed
// byte is an error, or is one of a value, or of what is not used: never another
// shape, name or address.
func TestEveryByteChanged(t *testing.T) {
	raw := unpacked(t, "testdata/tiny_latest.h5.gz")
	want := contents(t, raw)
	errors, step := 0, 1
	if testing.Short() {
		step = 7
	}
	for i := 0; i < len(raw); i += step {
		changed := bytes.Clone(raw)
		changed[i] ^= 0x41
		f, err := Open(bytes.NewReader(changed), int64(len(changed)))
		if err == nil {
			err = f.Walk(func(g *Group, d *Dataset) error {
				if d == nil {
					return nil
				}
				v, ok := want[d.Path]
				if !ok || len(v) != d.Len() {
					t.Fatalf("byte %d changed: %s %v was not there", i, d.Path, d.Shape)
				}
				_, err := d.Float32s()
				return err
			})
		}
		if err != nil {
			errors++
			if !strings.HasPrefix(err.Error(), "hdf5: ") {
				t.Fatalf("byte %d changed: %v", i, err)
			}
		}
	}
	t.Logf("%d of %d changes were found", errors, len(raw)/step)
}

func contents(t *testing.T, raw []byte) map[string][]float32 {
	t.Helper()
	list := map[string][]float32{}
	err := openBytes(t, raw).Walk(func(_ *Group, d *Dataset) error {
		if d == nil {
			return nil
		}
		values, err := d.Float32s()
		list[d.Path] = values
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A file cut off anywhere is an error.
func TestTruncated(t *testing.T) {
	for _, name := range []string{"tiny_earliest", "tiny_latest"} {
		raw := unpacked(t, "testdata/"+name+".h5.gz")
		for n := range raw {
			if _, err := Open(bytes.NewReader(raw[:n]), int64(n)); err == nil {
				t.Fatalf("%s: %d of %d bytes: want an error", name, n, len(raw))
			}
		}
	}
}

func TestLayoutRefuses(t *testing.T) {
	for _, test := range []struct {
		name, want string
		message    []byte
	}{
		{"empty", "want 1 bytes", nil},
		{"version", "version 3 or 4", []byte{2, 1}},
		{"class", "class 0 to 2", []byte{3, 3}},
		{"compact", "want 9 bytes", []byte{3, 0, 9, 0, 1}},
		{"no sides", "2 to 33 dimensions", []byte{3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"many sides", "2 to 33 dimensions", []byte{3, 2, 40, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"empty side", "1 to 2³² elements", append([]byte{3, 2, 2}, make([]byte, 16)...)},
		{"wide sizes", "1 to 8 bytes", []byte{4, 2, 0, 2, 9}},
		{"no sides, version 4", "2 to 33 dimensions", []byte{4, 2, 0, 0, 4}},
		{"index", "kind 1 to 5", []byte{4, 2, 0, 2, 1, 1, 4, 6}},
		{"plain edges", "not supported", []byte{4, 2, 1, 2, 1, 1, 4, 1}},
	} {
		if _, err := parseLayout(&view{what: "layout", b: test.message}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", test.name, test.want, err)
		}
	}
}

func TestShapeRefuses(t *testing.T) {
	size := func(n uint64) []byte {
		var b []byte
		for range 8 {
			b = append(b, byte(n))
			n >>= 8
		}
		return b
	}
	head := []byte{1, 2, 0, 0, 0, 0, 0, 0}
	for _, test := range []struct {
		name, want string
		message    []byte
	}{
		{"version", "version 1 or 2", []byte{3, 0, 0, 0}},
		{"rank", "at most 32", []byte{2, 33, 0, 1}},
		{"short", "want 8 bytes", append(head, size(3)...)},
		{"overflow", "overflows", append(append(head, size(1<<40)...), size(1<<40)...)},
		{"negative", "below 2⁶³", append(append(head, size(1<<63)...), size(1)...)},
		{"unlimited", "at most", append(append(head, size(math.MaxUint64)...), size(1)...)},
		{"above its maximum", "at most [2", append([]byte{2, 1, 1, 1}, append(size(3), size(2)...)...)},
	} {
		if _, _, err := parseShape(&view{what: "dataspace", b: test.message}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: want an error with %q, got %v", test.name, test.want, err)
		}
	}
}

// The checks of Bob Jenkins's and Fletcher's own descriptions.
func TestChecksums(t *testing.T) {
	if got := lookup3(nil); got != 0xdeadbeef {
		t.Errorf("lookup3 of nothing: got %08x", got)
	}
	if got := lookup3([]byte("Four score and seven years ago")); got != 0x17770551 {
		t.Errorf("lookup3: want 17770551, got %08x", got)
	}
	// The well-known F04FC729, 56502D2A and EBE19591 are of words with their bytes exchanged.
	for text, want := range map[string]uint32{"abcde": 0x4ff029c7, "abcdef": 0x50562a2d, "abcdefgh": 0xe1eb9195} {
		if got := fletcher32([]byte(text)); got != want {
			t.Errorf("fletcher32 of %s: want %08x, got %08x", text, want, got)
		}
	}
}
