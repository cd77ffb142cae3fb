package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/examples/dogbreed/kennel"
)

// drawn returns a folder with labelled photos, n of each of twelve breeds.
func drawn(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	if err := kennel.Write(dir, kennel.Options{Photos: n}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// jsonEnd runs an extraction and returns the last of its JSON lines.
func jsonEnd(t *testing.T, args ...string) (end jsonProgress, err error) {
	t.Helper()
	out, err := run(t, append(args, "--progress", "json")...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for _, line := range lines {
		if bad := json.Unmarshal([]byte(line), &end); bad != nil {
			t.Fatalf("%v in %q", bad, line)
		}
	}
	if end.Event != "end" {
		t.Errorf("want the last event to be end, got %q", lines)
	}
	return end, err
}

func openFeatures(t *testing.T, dir string) *data.Features {
	t.Helper()
	f, err := data.OpenFeatures(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestExtract(t *testing.T) {
	photos, work := drawn(t, 3), t.TempDir()
	out, kept := filepath.Join(work, "features"), filepath.Join(work, "cache")
	args := []string{"extract", "--data", photos, "--out", out, "--cache", kept, "--size", "32"}

	text, err := run(t, append(args, "--dry-run")...)
	for _, want := range []string{"36 photos of 12 classes", "efficientnetlite0  0             36", "features 36×1280", "the cache grows by 0.2 MB"} {
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("dry run: want %q in, %v:\n%s", want, err, text)
		}
	}
	if exists(out) {
		t.Error("a dry run wrote something")
	}

	end, err := jsonEnd(t, args...)
	if err != nil || end.Done != 36 || end.Total != 36 || end.Cached != 0 || end.Bad != 0 {
		t.Errorf("first run: got %+v, %v", end, err)
	}
	one := openFeatures(t, out)
	end, err = jsonEnd(t, args...)
	if err != nil || end.Cached != 36 {
		t.Errorf("second run: want all photos from the cache, got %+v, %v", end, err)
	}

	// Another member leaves the columns of the first as they are, also where only
	// the folder of features has them.
	for _, cache := range []string{kept, "none"} {
		twoOut := out
		if cache == "none" {
			twoOut = filepath.Join(work, "two")
			if err := one.Save(twoOut); err != nil {
				t.Fatal(err)
			}
		}
		if text, err = run(t, "extract", "--data", filepath.Join(photos, "labels.csv"), "--out", twoOut, "--cache", cache, "--size", "32",
			"--models", "efficientnetlite0,efficientnetlite1", "--progress", "lines"); err != nil {
			t.Fatal(err)
		}
		if want := "features of 36 photos, 36×2560"; !strings.Contains(text, want) {
			t.Errorf("want %q in %q", want, text)
		}
		two := openFeatures(t, twoOut)
		if diff := cmp.Diff(one.Members, two.Members[:1]); diff != "" {
			t.Error(diff)
		}
		for i := range one.Len() {
			if !cmp.Equal(one.Row(i), two.Row(i)[:one.Width]) || one.Files[i] != two.Files[i] || one.Digests[i] != two.Digests[i] {
				t.Fatalf("row %d is not as before", i)
			}
		}
	}
	text, err = run(t, "extract", "--data", photos, "--out", out, "--cache", "none", "--size", "32", "--models", "efficientnetlite1", "--dry-run")
	if err != nil || !strings.Contains(text, "efficientnetlite1  36            0") {
		t.Errorf("want all from the folder of features, got %v:\n%s", err, text)
	}

	// A flipped byte in the features is named, and mended from the cache.
	table := filepath.Join(out, "features.npy")
	content, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(content)
	content[len(content)/2] ^= 1
	if err := os.WriteFile(table, content, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := data.OpenFeatures(os.DirFS(out)); err == nil || !strings.Contains(err.Error(), "features.npy: damaged") {
		t.Errorf("want the damaged file named, got %v", err)
	}
	if _, status, err := runBoth(t, append(args, "--models", "efficientnetlite0,efficientnetlite1")...); err != nil || !strings.Contains(status, out+" is not used: ") {
		t.Errorf("got %q, %v", status, err)
	}
	if again, err := os.ReadFile(table); err != nil || string(again) != whole {
		t.Errorf("want the features as before, %v", err)
	}

	// Another size or other weights never give old rows.
	for _, other := range [][]string{{"--size", "40"}, {"--weights", "random:1"}, {"--weights", "random:2"}, {"--weights", "closedform:alpha"}, {"--weights", "closedform:beta"}} {
		end, err := jsonEnd(t, append([]string{"extract", "--data", photos, "--out", filepath.Join(work, "other"), "--cache", kept, "--size", "32"}, other...)...)
		if err != nil || end.Cached != 0 {
			t.Errorf("%v: want none from the cache, got %+v, %v", other, end, err)
		}
	}
	text, err = run(t, "cache", "info", "--cache", kept)
	if err != nil || !strings.Contains(text, "efficientnetlite1 32×32") || strings.Count(text, "36    ") != 7 {
		t.Errorf("want seven members of 36 rows, %v:\n%s", err, text)
	}
}

func TestExtractBadPhotos(t *testing.T) {
	photos, out := drawn(t, 2), filepath.Join(t.TempDir(), "features")
	list, err := filepath.Glob(filepath.Join(photos, "train", "*.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range list[:2] {
		if err := os.WriteFile(name, []byte("no photo"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"extract", "--data", photos, "--out", out, "--cache", "none", "--size", "32"}
	if _, err := run(t, args...); exitCode(err) != exitFailed || !strings.Contains(err.Error(), "--skip-bad") || !strings.Contains(err.Error(), ".jpg") {
		t.Errorf("want an error that names the photo, got %v", err)
	}
	if exists(filepath.Join(out, "manifest.json")) {
		t.Error("features were written")
	}
	end, err := jsonEnd(t, append(args, "--skip-bad")...)
	if exitCode(err) != exitSkipped || end.Bad != 2 || end.Done != 24 || !strings.Contains(err.Error(), "2 of 24 photos were left out") {
		t.Errorf("got %+v, exit code %d: %v", end, exitCode(err), err)
	}
	if n := openFeatures(t, out).Len(); n != 22 {
		t.Errorf("want 22 rows, got %d", n)
	}
	_, text, err := runBoth(t, append(args, "--skip-bad", "--progress", "bar")...)
	for _, file := range list[:2] {
		if name := filepath.Base(file); exitCode(err) != exitSkipped || !strings.Contains(text, name) {
			t.Errorf("want %s named, %v, in:\n%s", name, err, text)
		}
	}
}

func TestExtractLeavesOutMissingPhotos(t *testing.T) {
	photos, out := drawn(t, 1), filepath.Join(t.TempDir(), "features")
	table := filepath.Join(photos, "labels.csv")
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	_, breed, _ := strings.Cut(lines[1], ",")
	if err := os.WriteFile(table, []byte(strings.Join(append(lines, "unseen,"+breed), "\n")), 0o666); err != nil {
		t.Fatal(err)
	}
	args := []string{"extract", "--data", photos, "--out", out, "--cache", "none", "--size", "32", "--progress", "none"}
	if _, err := run(t, args...); exitCode(err) != exitFailed || !strings.Contains(err.Error(), "unseen") {
		t.Errorf("want the missing photo named, got %v", err)
	}
	_, status, err := runBoth(t, append(args, "--skip-bad")...)
	if exitCode(err) != exitSkipped || !strings.Contains(status, "unseen") || !strings.Contains(err.Error(), "1 of 13 photos") {
		t.Errorf("got exit code %d, %q, %v", exitCode(err), status, err)
	}
	if n := openFeatures(t, out).Len(); n != 12 {
		t.Errorf("want 12 rows, got %d", n)
	}
}

func TestExtractArguments(t *testing.T) {
	photos := drawn(t, 1)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--data", photos}, exitUsage, "--out DIR"},
		{[]string{"--out", photos}, exitUsage, "--data DIR"},
		{[]string{"--data", photos, "--out", photos, "--progress", "loud"}, exitUsage, "bar, lines, json or none"},
		{[]string{"--data", photos, "--out", photos, "--colour"}, exitUsage, "unknown flag"},
		{[]string{"--data", filepath.Join(photos, "train"), "--out", photos}, exitFailed, "folder"},
		{[]string{"--data", photos, "--out", photos, "--models", "resnet50v2", "--weights", "embedded"}, exitFailed, "no embedded weights"},
		{[]string{"--data", photos, "--out", photos, "--weights", "random:x"}, exitFailed, "want a number"},
		{[]string{"--data", photos, "--out", photos, "--weights", "none"}, exitFailed, "--weights"},
		{[]string{"--data", photos, "--out", filepath.Join(photos, "labels.csv"), "--cache", "none"}, exitFailed, "labels.csv"},
	} {
		_, err := run(t, append([]string{"extract"}, c.args...)...)
		if exitCode(err) != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: want exit code %d and %q, got %d: %v", c.args, c.code, c.want, exitCode(err), err)
		}
	}
	if exitCode(nil) != 0 || exitCode(errors.New("")) != 1 {
		t.Error("exit codes")
	}
}

func TestCacheCommands(t *testing.T) {
	photos, work := drawn(t, 2), t.TempDir()
	kept := filepath.Join(work, "cache")
	if text, err := run(t, "cache", "info", "--cache", kept); err != nil || !strings.Contains(text, "empty") {
		t.Errorf("got %q, %v", text, err)
	}
	for _, size := range []string{"32", "33"} {
		if _, err := run(t, "extract", "--data", photos, "--out", filepath.Join(work, "features"), "--cache", kept, "--size", size, "--progress", "none"); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := run(t, "cache", "verify", "--cache", kept); err != nil || text != "48 good rows\n" {
		t.Errorf("verify: got %q, %v", text, err)
	}
	file := filepath.Join(kept, "features.db")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for at := len(content) / 2; ; at += 4096 { // until a row is hit
		changed := append([]byte(nil), content...)
		changed[at%len(content)] ^= 0x10
		if err := os.WriteFile(file, changed, 0o666); err != nil {
			t.Fatal(err)
		}
		text, err := run(t, "cache", "verify", "--cache", kept)
		if err == nil {
			continue
		}
		if exitCode(err) != exitDamaged || !strings.Contains(text, "damaged") {
			t.Errorf("verify: got exit code %d, %q, %v", exitCode(err), text, err)
		}
		break
	}
	if text, err := run(t, "cache", "prune", "--cache", kept); err != nil || !strings.Contains(text, "48 rows") {
		t.Errorf("prune: got %q, %v", text, err)
	}
	if text, err := run(t, "cache", "verify", "--cache", kept); err != nil {
		t.Errorf("verify after prune: got %q, %v", text, err)
	}
	info, err := run(t, "cache", "info", "--cache", kept)
	if err != nil {
		t.Fatal(err)
	}
	var id string
	for line := range strings.Lines(info) {
		if fields := strings.Fields(line); len(fields) > 4 && fields[4] == "33×33" {
			id = fields[2]
		}
	}
	if text, err := run(t, "cache", "prune", "--cache", kept, "--model", id); err != nil || !strings.Contains(text, "rows and") {
		t.Errorf("prune %q: got %q, %v", id, text, err)
	}
	info, err = run(t, "cache", "info", "--cache", kept)
	if err != nil || strings.Contains(info, "33×33") || !strings.Contains(info, "32×32") {
		t.Errorf("want the rows of one model, %v:\n%s", err, info)
	}
	if text, err := run(t, "cache", "prune", "--cache", kept, "--older", "1ns"); err != nil || !strings.Contains(text, "24 rows") && !strings.Contains(text, "23 rows") {
		t.Errorf("prune: got %q, %v", text, err)
	}
	for _, args := range [][]string{{"--model", "ffff"}, {"--max", "-1"}, {"--older", "-1h"}} {
		if _, err := run(t, append([]string{"cache", "prune", "--cache", kept}, args...)...); exitCode(err) != exitUsage {
			t.Errorf("%v: want exit code %d, got %v", args, exitUsage, err)
		}
	}
}
