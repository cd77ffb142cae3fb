package cache_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const fullDir = "CAIRN_TEST_FULL_DIR" // set for the child that mounts a small disk

// TestChildOnAFullDisk is the program of TestDiskFull; on its own it does nothing.
func TestChildOnAFullDisk(t *testing.T) {
	dir := os.Getenv(fullDir)
	if dir == "" {
		t.Skip("runs as a child of TestDiskFull")
	}
	unbroken := files(t, filepath.Join(dir, "unbroken"))
	disk := filepath.Join(dir, "disk")
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	}()
	if err := os.Symlink(filepath.Join(dir, "photos"), filepath.Join(disk, "photos")); err != nil {
		t.Fatal(err)
	}
	out, failed := filepath.Join(disk, "features"), 0
	for kilobytes := 64; ; kilobytes += 192 { // a run fills what it gets, the next goes on
		if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%dk", kilobytes)); err != nil {
			t.Fatal(err)
		}
		err := extract(disk, out, filepath.Join(dir, "log"))
		if err == nil {
			break
		}
		if failed++; !strings.Contains(err.Error(), "no space left on device") {
			t.Fatalf("with %d kB: want the full disk named, got %v", kilobytes, err)
		}
		if _, err := os.Stat(filepath.Join(out, "manifest.json")); err == nil {
			t.Errorf("with %d kB: there are features after an error", kilobytes)
		}
	}
	if failed < 3 {
		t.Errorf("want some runs on a full disk, got %d", failed)
	}
	if !maps.Equal(unbroken, files(t, out)) {
		t.Error("the features are not as of an unbroken run")
	}
	if n := len(digests(t, filepath.Join(dir, "log"))); n > photos+failed*batch {
		t.Errorf("%d photos computed for %d, after %d full disks", n, photos, failed)
	} else {
		t.Logf("%d runs on a full disk, %d photos computed for %d", failed, n, photos)
	}
}

func TestDiskFull(t *testing.T) {
	dir, unbroken := world(t)
	if err := os.CopyFS(filepath.Join(dir, "unbroken"), os.DirFS(unbroken)); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "disk"), 0o777); err != nil {
		t.Fatal(err)
	}
	// A mount of the child's own needs no rights, where the system lets users have
	// namespaces.
	c := exec.Command(os.Args[0], "-test.run=^TestChildOnAFullDisk$", "-test.v")
	c.Env = append(os.Environ(), fullDir+"="+dir)
	c.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	text, err := c.CombinedOutput()
	if len(text) == 0 && err != nil { // it was not started
		if os.Getuid() != 0 {
			t.Fatalf("a small disk needs user namespaces or root: %v", err)
		}
		c = exec.Command(c.Path, c.Args[1:]...)
		c.Env = append(os.Environ(), fullDir+"="+dir)
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		text, err = c.CombinedOutput()
	}
	if err != nil || !bytes.Contains(text, []byte("--- PASS")) {
		t.Errorf("%v: %.2000s", err, text)
	}
	t.Logf("%s", text)
}
