package npy

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/internal/hostile"
)

func openZip(t testing.TB, b []byte) *Zip {
	t.Helper()
	z, err := OpenZip(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Files as numpy.savez and numpy.savez_compressed wrote them.
func TestZipAsNumPy(t *testing.T) {
	for _, name := range []string{"arrays.npz", "compressed.npz"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		z := openZip(t, b)
		if diff := cmp.Diff([]string{"conv1_conv/kernel", "conv1_conv/bias", "count", "odd"}, z.Names()); diff != "" {
			t.Errorf("%s: names: %s", name, diff)
		}
		kernel, err := z.Read("conv1_conv/kernel")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(read(t, "float32.npy"), kernel); diff != "" {
			t.Errorf("%s: kernel: %s", name, diff)
		}
		if a, err := z.Read("count"); err != nil || a.Int64[0] != 7 {
			t.Errorf("%s: count: %v, %v", name, a, err)
		}
		if d, err := z.Describe("conv1_conv/bias"); err != nil || d.Type() != "float16" || !cmp.Equal(d.Shape, []int{5}) {
			t.Errorf("%s: bias: %+v, %v", name, d, err)
		}
		if _, err := z.Read("odd"); err == nil || !strings.Contains(err.Error(), "odd: npy: ") || !strings.Contains(err.Error(), "Fortran") {
			t.Errorf("%s: odd: %v", name, err)
		}
		if _, err := z.Read("absent"); err == nil || !strings.Contains(err.Error(), `no array "absent"`) {
			t.Errorf("%s: absent: %v", name, err)
		}
	}
}

func TestZipRoundTrip(t *testing.T) {
	var b bytes.Buffer
	w := NewZipWriter(&b)
	want := map[string]*Array{"a/kernel": read(t, "float32.npy"), "a/bias": read(t, "float64.npy"), "pixels": read(t, "uint8.npy")}
	names := []string{"a/kernel", "a/bias", "pixels"}
	for _, name := range names {
		if err := w.Write(name, want[name]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"", "pixels"} {
		if err := w.Write(name, want["pixels"]); err == nil {
			t.Errorf("%q: want an error", name)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z := openZip(t, b.Bytes())
	if diff := cmp.Diff(names, z.Names()); diff != "" {
		t.Error(diff)
	}
	for name, a := range want {
		got, err := z.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestZipWriterReportsFailures(t *testing.T) {
	full := errors.New("disk full")
	for room := range 4 {
		w := NewZipWriter(&limited{room: 100 * room, err: full})
		err := errors.Join(w.Write("a", read(t, "uint8.npy")), w.Close())
		if !errors.Is(err, full) {
			t.Errorf("%d bytes of room: got %v", 100*room, err)
		}
	}
}

// limited fails when there is no more room.
type limited struct {
	room int
	err  error
}

func (l *limited) Write(b []byte) (int, error) {
	if len(b) > l.room {
		return 0, l.err
	}
	l.room -= len(b)
	return len(b), nil
}

// zipOf makes an archive of entries, deflated.
func zipOf(t testing.TB, names []string, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZipRefuses(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("hello, world"), zipOf(t, []string{"a.npy", "a.npy"}, nil)} {
		if _, err := OpenZip(bytes.NewReader(b), int64(len(b))); err == nil {
			t.Errorf("%.20q: want an error", b)
		}
	}
	if names := openZip(t, zipOf(t, []string{"readme.txt", ".npy", "a.npy"}, nil)).Names(); !cmp.Equal(names, []string{"a"}) {
		t.Errorf("names: %v", names)
	}
	whole, err := os.ReadFile("testdata/arrays.npz")
	if err != nil {
		t.Fatal(err)
	}
	whole[100] ^= 1 // of the first array's header or data: a checksum or syntax error
	if _, err := openZip(t, whole).Read("conv1_conv/kernel"); err == nil {
		t.Error("damaged: want an error")
	}
	// 100 MB of zeros in 100 kB.
	header := file("{'descr': '|u1', 'fortran_order': False, 'shape': (100000000,)}", "")
	bomb := zipOf(t, []string{"a.npy"}, append([]byte(header), make([]byte, 100_000_000)...))
	var before, after runtime.MemStats
	z := openZip(t, bomb)
	runtime.ReadMemStats(&before)
	_, err = z.Read("a")
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "too many for a file of") {
		t.Errorf("bomb: %v", err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("bomb: %d bytes allocated", used)
	}
}

func TestDescribe(t *testing.T) {
	for name, want := range map[string]string{
		"float32.npy": "float32", "halves.npy": "float16", "int64.npy": "int64", "uint8.npy": "uint8", "complex.npy": "complex64",
		"big_endian.npy": "float32 big-endian", "fortran.npy": "float32 Fortran order", "structured.npy": "[('a', '<f4'), ('b', '<i8')]",
	} {
		f, err := os.Open(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		d, err := Describe(iotest.OneByteReader(f))
		f.Close()
		if err != nil || d.Type() != want {
			t.Errorf("%s: want %s, got %s, %v", name, want, d.Type(), err)
		}
	}
	for descr, want := range map[string]string{"|b1": "bool", "<U5": "<U5", "|O": "|O", "": "", "<u2": "uint16", "<f999": "<f999"} {
		d, err := Describe(strings.NewReader(file("{'descr': '"+descr+"', 'fortran_order': False, 'shape': ()}", "")))
		if err != nil || d.Type() != want {
			t.Errorf("%s: want %s, got %s, %v", descr, want, d.Type(), err)
		}
	}
	for _, bad := range []string{"[('a', '<f4')", "[('a", "[(']'"} {
		if _, err := Describe(strings.NewReader(file("{'descr': "+bad, ""))); err == nil {
			t.Errorf("%s: want an error", bad)
		}
	}
}

func FuzzZip(f *testing.F) {
	for _, name := range []string{"arrays.npz", "compressed.npz"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	small := zipOf(f, []string{"a.npy"}, []byte(file("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "12345678")))
	f.Add(small)
	f.Add(small[:len(small)-9])
	f.Fuzz(func(t *testing.T, b []byte) {
		hostile.Read(t, len(b), func() { readZip(t, b) })
	})
}

// readZip reads what there is, and writes it.
func readZip(t *testing.T, b []byte) {
	z, err := OpenZip(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return
	}
	for i, name := range z.Names() {
		_, _ = z.Describe(name)
		a, err := z.Read(name)
		if err == nil {
			err = Write(io.Discard, a)
			if err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
		}
		if i == 2 { // arrays may share bytes of the file
			break
		}
	}
}

// FuzzDescribe: what Read accepts, Describe tells.
func FuzzDescribe(f *testing.F) {
	for _, descr := range []string{"'<f4'", "[('a', '<f4'), ('b', '<i8', (2, 3))]", "'>c16'", "[('a]', [('b', 'O')])]"} {
		f.Add([]byte(file("{'descr': "+descr+", 'fortran_order': True, 'shape': (2, 3), }", "")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var d Description
		var err error
		hostile.Read(t, len(b), func() { d, err = Describe(bytes.NewReader(b)) })
		h, err2 := ReadHeader(bytes.NewReader(b))
		if err2 == nil && (err != nil || d.Type() != h.Dtype.String() && h.Dtype != Uint8 || !cmp.Equal(d.Shape, h.Shape)) {
			t.Fatalf("header %v, described %+v, %v", h, d, err)
		}
	})
}
