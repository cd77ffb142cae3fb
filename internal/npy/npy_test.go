package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/internal/half"
	"github.com/cairnml/cairn/internal/hostile"
)

func read(t *testing.T, name string) *Array {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	a, err := Read(f)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return a
}

func TestReadNumPy(t *testing.T) {
	floats := read(t, "float32.npy")
	if !cmp.Equal(floats.Shape, []int{3, 4, 5}) || floats.Dtype != Float32 {
		t.Fatalf("float32.npy: %v %v", floats.Dtype, floats.Shape)
	}
	// The first and last of numpy.random.default_rng(1).standard_normal(60).
	if floats.Float32[0] != 0.34558418 || len(floats.Float32) != 60 {
		t.Errorf("float32.npy starts with %v", floats.Float32[0])
	}
	for i, v := range read(t, "float64.npy").AsFloat64() {
		if want := float64(floats.Float32[i]) / 3; v != want {
			t.Fatalf("float64.npy element %d: want %v, got %v", i, want, v)
		}
	}
	for i, v := range read(t, "uint8.npy").Uint8 {
		if int(v) != i {
			t.Fatalf("uint8.npy element %d: got %d", i, v)
		}
	}
	ints := []int64{math.MinInt64, -1, 0, 1, math.MaxInt64}
	if got := read(t, "int64.npy").Int64; !cmp.Equal(got, ints) {
		t.Errorf("int64.npy: want %v, got %v", ints, got)
	}
	if a := read(t, "scalar.npy"); len(a.Shape) != 0 || a.Float32[0] != 2.5 {
		t.Errorf("scalar.npy: shape %v, elements %v", a.Shape, a.Float32)
	}
	if a := read(t, "empty.npy"); !cmp.Equal(a.Shape, []int{0, 7}) || len(a.Float32) != 0 {
		t.Errorf("empty.npy: shape %v, elements %v", a.Shape, a.Float32)
	}
	for _, name := range []string{"version2.npy", "version3.npy"} {
		if diff := cmp.Diff(floats, read(t, name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestHalvesAsNumPy(t *testing.T) {
	want := read(t, "halves_widened.npy").Float32
	for i, got := range read(t, "halves.npy").Float32 {
		if math.Float32bits(got) != math.Float32bits(want[i]) {
			t.Fatalf("element %d: want %v, got %v", i, want[i], got)
		}
	}
	floats := read(t, "floats.npy")
	floats.Dtype = Float16
	var got bytes.Buffer
	if err := Write(&got, floats); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("testdata/floats_rounded.npy")
	if err != nil {
		t.Fatal(err)
	}
	if len(file) != got.Len() {
		t.Fatalf("file: want %d bytes, got %d", len(file), got.Len())
	}
	for i, v := range floats.Float32 {
		at := len(file) - 2*len(floats.Float32) + 2*i
		want, got := binary.LittleEndian.Uint16(file[at:]), binary.LittleEndian.Uint16(got.Bytes()[at:])
		if want != got {
			t.Fatalf("%v: want half %04x, got %04x", v, want, got)
		}
	}
}

func TestEveryHalf(t *testing.T) {
	for h := range 1 << 16 {
		sign, exp, frac := 1-2*float64(h>>15), h>>10&0x1f, float64(h&0x3ff)
		want := sign * math.Ldexp(1024+frac, exp-25)
		switch {
		case exp == 0:
			want = sign * math.Ldexp(frac, -24)
		case exp == 0x1f && frac == 0:
			want = math.Inf(int(sign))
		case exp == 0x1f:
			want = math.NaN()
		}
		got := half.From(uint16(h))
		if float64(got) != want && !(math.IsNaN(want) && math.IsNaN(float64(got))) {
			t.Fatalf("half %04x: want %v, got %v", h, want, got)
		}
		if back := half.To(got); back != uint16(h) {
			t.Fatalf("half %04x: widened and rounded it is %04x", h, back)
		}
	}
}

// Writing what was read gives NumPy's own bytes.
func TestWriteAsNumPy(t *testing.T) {
	for _, name := range []string{"float32.npy", "float64.npy", "uint8.npy", "int64.npy", "scalar.npy", "empty.npy", "halves.npy"} {
		want, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := Write(&got, read(t, name)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, got.Bytes()) {
			t.Errorf("%s: want %.140q, got %.140q", name, want, got.Bytes())
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, a := range []Array{
		{Header: Header{Shape: []int{3}}, Float32: make([]float32, 2)},
		{Header: Header{Shape: []int{2}, Dtype: Uint8}, Float32: make([]float32, 2)},
		{Header: Header{Shape: []int{-1}}},
		{Header: Header{Dtype: 99}},
	} {
		if err := Write(io.Discard, &a); err == nil {
			t.Errorf("%v %v: want an error", a.Dtype, a.Shape)
		}
	}
}

func file(dict, data string) string {
	return magic + "\x01\x00" + string([]byte{byte(len(dict)), byte(len(dict) >> 8)}) + dict + data
}

func TestReadRefuses(t *testing.T) {
	const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
	tests := []struct{ name, file, want string }{
		{"empty", "", "truncated in the magic string"},
		{"a text", "hello, world", "not a .npy file"},
		{"version", magic + "\x04\x00\x00\x00", "got 4.0"},
		{"header cut", file(dict, "")[:30], "truncated in the header"},
		{"no data", file(dict, ""), "want 8 bytes for float32 [2], got 0"},
		{"data cut", file(dict, "1234567"), "want 8 bytes for float32 [2], got 7"},
		{"surplus", file(dict, "123456789"), "bytes after the data"},
		{"long header", magic + "\x02\x00\xff\xff\xff\xff", "header length"},
		{"no dict", file("", ""), "want '{'"},
		{"no end", file(strings.TrimRight(dict, ", }"), ""), "want '}'"},
		{"text after", file(dict+" x", ""), "text after the dict"},
		{"no descr", file("{'fortran_order': False, 'shape': (2,)}", ""), `no key "descr"`},
		{"no order", file("{'descr': '<f4', 'shape': (2,)}", ""), `no key "fortran_order"`},
		{"no shape", file("{'descr': '<f4', 'fortran_order': False}", ""), `no key "shape"`},
		{"key twice", file("{'descr': '<f4', 'descr': '<f4'}", ""), "twice"},
		{"unknown key", file("{'colour': '<f4'}", ""), `unknown key "colour"`},
		{"no comma", file("{'descr': '<f4' 'shape': (2,)}", ""), "want '}'"},
		{"open string", file("{'descr", ""), "string without an end"},
		{"number for a tuple", file(strings.Replace(dict, "(2,)", "(2)", 1), ""), "want a tuple"},
		{"negative", file(strings.Replace(dict, "(2,)", "(-2,)", 1), ""), "want a size"},
		{"huge size", file(strings.Replace(dict, "(2,)", "(99999999999999999999,)", 1), ""), "want a size"},
		{"huge product", file(strings.Replace(dict, "(2,)", "(4000000000, 4000000000)", 1), ""), "too large"},
		{"rank", file(strings.Replace(dict, "(2,)", "("+strings.Repeat("1,", 65)+")", 1), ""), "more than 64"},
		{"order", file(strings.Replace(dict, "False", "0", 1), ""), "want True or False"},
	}
	for _, name := range []struct{ file, want string }{
		{"fortran.npy", "Fortran order"}, {"big_endian.npy", `got ">f4"`}, {"complex.npy", `got "<c8"`}, {"structured.npy", "structured"},
	} {
		b, err := os.ReadFile(filepath.Join("testdata", name.file))
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, struct{ name, file, want string }{name.file, string(b), name.want})
	}
	for _, test := range tests {
		_, err := Read(strings.NewReader(test.file))
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "npy: ") {
			t.Errorf("%s: want an error with %q, got %v", test.name, test.want, err)
		}
	}
}

func TestReadAccepts(t *testing.T) {
	for _, dict := range []string{
		"{'shape': (2,), 'fortran_order': False, 'descr': '<f4'}",
		`{ "descr" : "<f4" , "fortran_order":False,"shape":( 2 , ) } ` + "\n",
		"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}",
	} {
		if _, err := Read(strings.NewReader(file(dict, "12345678"))); err != nil {
			t.Errorf("%s: %v", dict, err)
		}
	}
}

func TestReadReportsTruncationAndFailures(t *testing.T) {
	const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"
	if _, err := Read(strings.NewReader(file(dict, "1234"))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("truncated: want io.ErrUnexpectedEOF, got %v", err)
	}
	whole := file(dict, "12345678")
	for n := range len(whole) + 1 {
		r := io.MultiReader(strings.NewReader(whole[:n]), iotest.ErrReader(fs.ErrPermission))
		if _, err := Read(r); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("failure after %d bytes: got %v", n, err)
		}
	}
}

// A header that claims 32 GB before a short body costs little memory.
func TestMemoryFollowsData(t *testing.T) {
	const limit = 8 << 20 // bytes: a few times the body below
	body := strings.Repeat("abcd", 1<<18)
	for _, descr := range []string{"<f4", "<f2", "<f8", "|u1", "<i8"} {
		claim := file("{'descr': '"+descr+"', 'fortran_order': False, 'shape': (8000000000,)}", body)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Read(strings.NewReader(claim))
		runtime.ReadMemStats(&after)
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: want a truncation, got %v", descr, err)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > limit {
			t.Errorf("%s: %d bytes allocated for a body of %d", descr, used, len(body))
		}
	}
}

func TestLargeRoundTrip(t *testing.T) {
	for _, n := range []int{1, chunk/4 - 1, chunk / 4, chunk/4 + 1, 3*chunk + 5} {
		a := &Array{Header: Header{Shape: []int{n}}, Float32: make([]float32, n)}
		for i := range a.Float32 {
			a.Float32[i] = float32(i)
		}
		var b bytes.Buffer
		if err := Write(&b, a); err != nil {
			t.Fatal(err)
		}
		got, err := Read(iotest.HalfReader(&b))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, got); diff != "" {
			t.Errorf("%d elements: %.300s", n, diff)
		}
	}
}

func TestFloatViews(t *testing.T) {
	a := &Array{Header: Header{Dtype: Float64, Shape: []int{2}}, Float64: []float64{0.1, -2}}
	if got, err := a.AsFloat32(); err != nil || !cmp.Equal(got, []float32{0.1, -2}) {
		t.Errorf("float64 as float32: %v, %v", got, err)
	}
	a = &Array{Header: Header{Dtype: Uint8, Shape: []int{2}}, Uint8: []uint8{1, 255}}
	if got := a.AsFloat64(); !cmp.Equal(got, []float64{1, 255}) {
		t.Errorf("uint8 as float64: %v", got)
	}
	if _, err := a.AsFloat32(); err == nil {
		t.Error("uint8 as float32: want an error")
	}
	for d := range Dtype(len(dtypes)) {
		if got, err := ParseDtype(d.String()); err != nil || got != d {
			t.Errorf("ParseDtype(%q): %v, %v", d, got, err)
		}
	}
	if _, err := ParseDtype("bfloat16"); err == nil {
		t.Error("ParseDtype: want an error")
	}
}

func FuzzRead(f *testing.F) {
	names, err := filepath.Glob("testdata/*.npy")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		if len(b) < 2000 {
			f.Add(b)
		}
	}
	f.Add([]byte(file("{'descr': '<f4', 'fortran_order': False, 'shape': (8000000000,)}", "1234")))
	f.Fuzz(func(t *testing.T, b []byte) {
		var a *Array
		var err error
		hostile.Read(t, len(b), func() { a, err = Read(bytes.NewReader(b)) })
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := Write(&out, a); err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		size, _ := a.Len()
		size *= a.Dtype.Size()
		if !bytes.Equal(b[len(b)-size:], out.Bytes()[out.Len()-size:]) {
			t.Fatal("data changed by reading and writing")
		}
	})
}
