package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Files of a folder that belong together are replaced together, though only one
// file can be renamed at a time. An index names them with their hashes, and who
// reads finds them by both: a file that the index wants and that does not have its
// name yet lies beside under one that holds the hash.

// A Staged file is on its way into a folder.
type Staged struct {
	Name   string   // that it will have
	File   *os.File // to write it
	Size   int64    // bytes, after Seal
	SHA256 string   // in hexadecimal, after Seal

	path string // that it has now
}

const temporarySuffix = ".tmp"

// Stage makes a file in dir under a temporary name. As long as it is open, no
// other process takes it for one that a killed process left.
func Stage(dir, name string) (*Staged, error) {
	f, err := os.CreateTemp(dir, "."+name+".*"+temporarySuffix)
	if err != nil {
		return nil, err
	}
	s := &Staged{Name: name, File: f, path: f.Name()}
	if err := tryLock(f); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, errors.Join(err, s.Drop())
	}
	return s, nil
}

// Seal ends the writing: what is there is on the disk, and its hash is known.
func (s *Staged) Seal() error {
	sum := sha256.New()
	_, err := s.File.Seek(0, io.SeekStart)
	if err == nil {
		s.Size, err = io.Copy(sum, s.File)
	}
	if err == nil {
		err = errors.Join(s.File.Chmod(0o644), s.File.Sync())
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.Name, err)
	}
	s.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// Drop removes the file if Replace did not take it.
func (s *Staged) Drop() error {
	s.File.Close()
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// waiting is the name of a file that the index wants and that has not its own
// yet.
func waiting(name, sha string) string { return "." + name + "." + sha[:versionDigits] + ".new" }

// Find returns the path at which a file that an index names lies in fsys.
func Find(fsys fs.FS, name, sha string) string {
	if len(sha) < versionDigits {
		return name
	}
	if _, err := fs.Stat(fsys, waiting(name, sha)); err == nil {
		return waiting(name, sha)
	}
	return name
}

// Replace puts sealed files and the index that names them in place of those
// before. Until it returns, and if it never does, readers find all of the old or
// all of the new.
func Replace(dir, index string, content []byte, files []*Staged) error {
	now := time.Now()
	for _, f := range files {
		name := filepath.Join(dir, waiting(f.Name, f.SHA256))
		if err := errors.Join(os.Chtimes(f.path, now, now), f.File.Close(), os.Rename(f.path, name)); err != nil {
			return err
		}
		f.path = name
	}
	if err := WriteBytes(filepath.Join(dir, index), content); err != nil {
		return err
	}
	for _, f := range files {
		if err := Finish(dir, f.Name, f.SHA256); err != nil {
			return err
		}
	}
	return nil
}

// Finish gives a file that an index names its name, if Replace did not come to
// that.
func Finish(dir, name, sha string) error {
	err := os.Rename(filepath.Join(dir, waiting(name, sha)), filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has its name
	}
	return err
}

// Sweep removes what killed processes left in dir: files being staged, and those
// that no index came to want.
func Sweep(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	const settled = 10 * time.Minute // Replace takes far less
	var errs []error
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		switch {
		case !strings.HasPrefix(e.Name(), "."):
		case strings.HasSuffix(e.Name(), temporarySuffix):
			errs = append(errs, removeUnlocked(name))
		case strings.HasSuffix(e.Name(), ".new"):
			if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > settled {
				errs = append(errs, os.Remove(name))
			}
		}
	}
	return errors.Join(errs...)
}

// removeUnlocked removes a temporary file that nobody writes.
func removeUnlocked(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	err = tryLock(f)
	f.Close()
	if errors.Is(err, errLocked) {
		return nil
	} else if err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
