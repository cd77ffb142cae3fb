package main

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pillowPhotos is a folder of photos whose hashes Pillow gave.
var pillowPhotos = filepath.Join("..", "..", "data", "testdata")

func TestPixels(t *testing.T) {
	jpg := filepath.Join(pillowPhotos, "images", "images", "jpg_420_base_17x33.jpg")
	png := filepath.Join(pillowPhotos, "images", "images", "png_rgb_17x33.png")
	out, err := run(t, "pixels", "--size", "331", "--interpolation", "lanczos", jpg, png)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		`jpg_420_base_17x33\.jpg +JPEG RGB 4:2:0 +17×33 +[0-9a-f]{64}`,
		`png_rgb_17x33\.png +PNG RGB +17×33 +` + pngHash,
		`lanczos +331×331 +` + lanczosHash,
	} {
		if !regexp.MustCompile(`(?m)` + line).MatchString(out) {
			t.Errorf("want a line %s in:\n%s", line, out)
		}
	}
}

// Hashes of png_rgb_17x33.png, as decode.jsonl and resize.jsonl have them.
const (
	pngHash     = "d388853404a7cc646475bfa6f30b70c235a0f9de703b7b08d50b5cce191881f2"
	lanczosHash = "f7159828ffa82a55be85d276c0287f113bc3c80bc04bdc193e04aa47ea08f9be"
)

func TestPixelsJSON(t *testing.T) {
	bad := filepath.Join(pillowPhotos, "images", "images", "png_trunc_50pct.png")
	turned := filepath.Join(pillowPhotos, "options", "orientation6.jpg")
	out, err := run(t, "pixels", "--json", "--orient", "--size", "10", "--width", "20", "--keep-aspect", bad, turned)
	if err == nil || err.Error() != "1 of 2 photos can't be decoded" {
		t.Errorf("want one photo refused, got %v", err)
	}
	var rows []pixelsRow
	for line := range strings.Lines(out) {
		var row pixelsRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if len(rows) != 2 {
		t.Fatalf("want a line a photo, got:\n%s", out)
	}
	if r := rows[0]; r.Format != "PNG" || !strings.Contains(r.Error, "png_trunc_50pct.png") || r.SHA256 != "" {
		t.Errorf("got %+v", r)
	}
	if r := rows[1]; r.Orientation != 6 || r.Width != 5 || r.Height != 7 || r.Resized == nil || r.Resized.Width != 20 || r.Resized.Height != 10 || !r.Resized.KeepAspect {
		t.Errorf("got %+v", r)
	}
	if out, err := run(t, "pixels", "--allow-truncated", "--size", "0", bad); err != nil || strings.Count(out, "\n") != 1 {
		t.Errorf("got %v and:\n%s", err, out)
	}
}

func TestPixelsArguments(t *testing.T) {
	for _, args := range [][]string{
		{}, {"--size", "-1", "x.jpg"}, {"--size", "0", "--width", "5", "x.jpg"}, {"--interpolation", "cubic", "x.jpg"}, {"none.jpg"},
	} {
		if _, err := run(t, append([]string{"pixels"}, args...)...); err == nil {
			t.Errorf("%v: want an error", args)
		}
	}
}
