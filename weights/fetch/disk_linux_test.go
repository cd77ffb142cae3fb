package fetch

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func init() {
	limitFileSize = func(bytes uint64) error {
		signal.Ignore(syscall.SIGXFSZ)
		return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
	}
}

// /dev/full is a disk without room.
func TestDiskFull(t *testing.T) {
	s := newServer(t, smallContent(t))
	o := smallOptions(t, s.URL)
	o.Mirrors = []string{s.URL, s.URL}
	if err := os.Mkdir(o.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", filepath.Join(o.Dir, smallFile+".part")); err != nil {
		t.Fatal(err)
	}
	failSmall(t, o, "no space left on device")
	if n, _ := s.counts(); n != 1 {
		t.Errorf("want no other try, got %d", n)
	}
	checkFiles(t, o.Dir, ".small.lock")
	fetchSmall(t, o)
}

// No file may be longer than a part of the download, then than a part of the
// converted kernel: what is there stays, and the next fetch goes on.
func TestDiskFullLater(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	o := smallOptions(t, s.URL)
	c := task{Dir: o.Dir, File: o.Files[0], FSize: uint64(len(content) / 2)}
	fail := func() {
		t.Helper()
		p := start(t, c, nil)
		if err := p.end(); err == nil || !strings.Contains(p.err.String(), "file too large") {
			t.Fatalf("want a file that is too large, got %v, %s", err, p.err.String())
		}
		checkFiles(t, o.Dir, ".small.lock", smallFile+".part", smallFile+".part.json")
	}
	fail()
	before, _ := s.counts() // of bytes, more may be on their way to nobody
	if info, err := os.Stat(filepath.Join(o.Dir, smallFile+".part")); err != nil || info.Size() != int64(len(content)/2) {
		t.Fatalf("want half of the file, got %v, %v", info.Size(), err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, smallFile+".part"), content, 0o666); err != nil {
		t.Fatal(err)
	}
	fail() // in the kernel of conv2, most of the file
	fetchSmall(t, o)
	if after, _ := s.counts(); after != before {
		t.Errorf("want no download of what was there, got %d requests more", after-before)
	}
}

// nobody is a user who may write nowhere.
const nobody = 65534

// In a folder that may not be written, what is there is opened and what is not is
// an error that names the folder. Root may write everywhere: then the process is
// another user's.
func TestReadOnlyCache(t *testing.T) {
	s := newServer(t, smallContent(t))
	o := smallOptions(t, s.URL)
	readable := func(dir string) {
		t.Helper()
		for d := dir; d != os.TempDir() && d != "/"; d = filepath.Dir(d) { // made for this test
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Mkdir(o.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	readable(o.Dir)
	asNobody := func(c *exec.Cmd) {
		if os.Getuid() == 0 {
			c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
			c.Path = "/proc/self/exe" // its folder is root's
		}
	}
	c := task{Dir: o.Dir, File: o.Files[0]}
	protect := func(mode os.FileMode) {
		t.Helper()
		if err := os.Chmod(o.Dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	protect(0o555)
	t.Cleanup(func() { protect(0o755) })
	p := start(t, c, asNobody)
	if err := p.end(); err == nil || !strings.Contains(p.err.String(), o.Dir) || !strings.Contains(p.err.String(), "permission denied") {
		t.Fatalf("want the folder in an error, got %v, %s", err, p.err.String())
	}
	checkFiles(t, o.Dir)
	if n, _ := s.counts(); n != 0 {
		t.Errorf("want no request, got %d", n)
	}
	protect(0o755)
	fetchSmall(t, o)
	protect(0o555)
	p = start(t, c, asNobody)
	if err := p.end(); err != nil {
		t.Errorf("%v: %s", err, p.err.String())
	}
}
