package data

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

// TestDecoderOptionsMatchPillow compares upright and truncated photos with those
// of Pillow's ImageOps.exif_transpose and LOAD_TRUNCATED_IMAGES
// (tools/pixels/options.py).
func TestDecoderOptionsMatchPillow(t *testing.T) {
	fsys := os.DirFS(filepath.Join("testdata", "options"))
	list, err := fsys.Open("rows.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	lines, rows := bufio.NewScanner(list), 0
	for lines.Scan() {
		var row struct {
			File, Option, SHA256 string
			Width, Height        int
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows++
		d := Decoder{Orient: row.Option == "orient", AllowTruncated: row.Option == "truncated"}
		p, err := d.ReadImage(fsys, row.File)
		if err != nil {
			t.Error(err)
			continue
		}
		if p.Width != row.Width || p.Height != row.Height || digest(p) != row.SHA256 {
			t.Errorf("%s: got %d×%d pixels with SHA-256 %s, want %d×%d with %s", row.File, p.Width, p.Height, digest(p), row.Width, row.Height, row.SHA256)
		}
		info, err := ReadInfo(fsys, row.File)
		if want := int(row.File[max(0, strings.IndexByte(row.File, '.')-1)] - '0'); err != nil || d.Orient && info.Orientation != want {
			t.Errorf("%s: got orientation %d, want %d: %v", row.File, info.Orientation, want, err)
		}
		if _, err := ReadImage(fsys, row.File); (err != nil) != d.AllowTruncated {
			t.Errorf("%s: without the option: got error %v", row.File, err)
		}
	}
	if rows == 0 {
		t.Error("no rows")
	}
}

// TestLimitBeforeMemory gives the headers of pictures of 30,000×30,000 pixels in
// every format, which would take 2.7 GB.
func TestLimitBeforeMemory(t *testing.T) {
	const side = 30000
	little, big := binary.LittleEndian, binary.BigEndian
	bytesOf := func(order binary.ByteOrder, fields ...any) string {
		var b bytes.Buffer
		for _, f := range fields {
			if s, ok := f.(string); ok {
				b.WriteString(s)
			} else if err := binary.Write(&b, order, f); err != nil {
				t.Fatal(err)
			}
		}
		return b.String()
	}
	bomb, err := os.ReadFile(filepath.Join("testdata", "images", "images", "png_bomb_50000x50000.png"))
	if err != nil {
		t.Fatal(err)
	}
	entry := func(tag, value uint16) string { return bytesOf(little, tag, uint16(3), uint32(1), value, uint16(0)) }
	files := map[string]string{
		"PNG":  string(bomb),
		"GIF":  bytesOf(little, "GIF89a", uint16(side), uint16(side), "\x00\x00\x00,", uint16(0), uint16(0), uint16(side), uint16(side), "\x00\x08"),
		"BMP":  bytesOf(little, "BM", uint32(54), uint32(0), uint32(54), uint32(40), int32(side), int32(side), uint16(1), uint16(24), uint32(0), uint32(0), uint64(0), uint64(0)),
		"PPM":  "P6 30000 30000 255 ",
		"TIFF": bytesOf(little, "II*\x00", uint32(8), uint16(6), entry(256, side), entry(257, side), entry(258, 8), entry(262, 1), entry(273, 8), entry(278, side)),
		"JPEG": bytesOf(big, "\xff\xd8\xff\xdb\x00\x43\x00", strings.Repeat("\x01", 64), "\xff\xc0\x00\x0b\x08", uint16(side), uint16(side), "\x01\x01\x11\x00",
			"\xff\xc4\x00\x14\x00\x01", strings.Repeat("\x00", 15), "\x00", "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"),
		// WebP can have 16,383 pixels a side; the canvas of an animation more.
		"WebP": bytesOf(little, "RIFF", uint32(4+18+8+16+8+10), "WEBPVP8X", uint32(10), uint32(2), "\x2f\x75\x00\x2f\x75\x00",
			"ANMF", uint32(16+8+10), strings.Repeat("\x00", 16), "VP8 ", uint32(10), "\x10\x00\x00\x9d\x01\x2a\x10\x00\x10\x00"),
	}
	for format, file := range files {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := Decode(strings.NewReader(file))
		runtime.ReadMemStats(&after)
		if err == nil || !strings.Contains(err.Error(), format+": want 1 to 178956970 pixels, got ") {
			t.Errorf("%s: want an error that tells the limit, got %v", format, err)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
			t.Errorf("%s: took %d bytes", format, took)
		}
	}
	small := bytesOf(little, "BM", uint32(54), uint32(0), uint32(54), uint32(40), int32(2), int32(1), uint16(1), uint16(24), uint32(0), uint32(0), uint64(0), uint64(0), "abcdef\x00\x00")
	for limit, ok := range map[int]bool{0: true, 2: true, 1: false} {
		if _, err := (Decoder{MaxPixels: limit}).Decode(strings.NewReader(small)); (err == nil) != ok {
			t.Errorf("two pixels with a limit of %d: %v", limit, err)
		}
	}
}

// What decoding may take in all, the file aside: a multiple of the RGB bytes (the
// coefficients of a progressive JPEG are twice as much), and tables and rows.
const (
	memoryFactor = 3
	memoryTables = 150_000 // bytes
)

func TestMemoryOfDecoding(t *testing.T) {
	for _, folder := range imageFolders(t) {
		worst, worstFile := 0.0, ""
		for _, row := range readRows(t, folder, "decode.jsonl") {
			if row.Error != "" || row.Width*row.Height < 100*100 {
				continue
			}
			file, err := os.ReadFile(filepath.Join(folder, row.File))
			if err != nil {
				t.Fatal(err)
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := Decode(bytes.NewReader(file))
			runtime.ReadMemStats(&after)
			if err != nil {
				t.Fatal(err)
			}
			took := int(after.TotalAlloc-before.TotalAlloc) - len(file)
			if factor := float64(took) / float64(len(p.Pix)); factor > worst {
				worst, worstFile = factor, row.File
			}
			if want := memoryFactor*len(p.Pix) + memoryTables; took > want {
				t.Errorf("%s: decoding takes %d bytes, want at most %d times %d and %d", row.File, took, memoryFactor, len(p.Pix), memoryTables)
			}
		}
		t.Logf("%s: at most %.2f times the RGB bytes (%s)", folder, worst, worstFile)
	}
}

// drip reads a byte at a time and does not tell its size.
type drip struct{ r io.Reader }

func (d drip) Read(p []byte) (int, error) { return d.r.Read(p[:min(1, len(p))]) }

func TestReadFile(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789"), 300)
	for name, r := range map[string]io.Reader{"a reader with a length": bytes.NewReader(want), "one without": drip{bytes.NewReader(want)}} {
		if got, err := readFile(r); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: got %d bytes, %v", name, len(got), err)
		}
	}
	if _, err := (Decoder{}).Decode(io.MultiReader(strings.NewReader("BM"), brokenReader{})); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("want the reader's error, got %v", err)
	}
	if _, err := ReadInfo(fstest.MapFS{}, "none.png"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("want a missing file, got %v", err)
	}
	if _, err := ReadInfo(fstest.MapFS{"a": {Data: []byte("text")}}, "a"); err == nil || !strings.HasPrefix(err.Error(), "data: a: not a photo") {
		t.Errorf("want the file named, got %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, fs.ErrClosed }
