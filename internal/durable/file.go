// Package durable writes files so that a crash at any moment leaves the old file
// or the new one, never a part.
package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

// WriteFile replaces the file of that name by what write writes: into a
// temporary file beside it, synced, then renamed.
func WriteFile(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*.tmp")
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// WriteBytes is WriteFile of a content that is there already.
func WriteBytes(name string, content []byte) error {
	return WriteFile(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}
