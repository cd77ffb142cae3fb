package durable

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// Versions of a folder lie side by side under names that differ, and a file
// written last names the one that counts: so there is a whole version at every
// moment.

const versionDigits = 16

// Version is the name of the version with that hash, in hexadecimal.
func Version(prefix, hash string) string { return prefix + hash[:versionDigits] }

// IsVersion says whether name could come from Version; it never leads out of its
// folder.
func IsVersion(prefix, name string) bool {
	digits, ok := strings.CutPrefix(name, prefix)
	return ok && len(digits) == versionDigits && strings.Trim(digits, "0123456789abcdef") == ""
}

// RemoveOthers removes all versions in dir but the one to keep.
func RemoveOthers(dir, prefix, keep string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.IsDir() && IsVersion(prefix, e.Name()) && e.Name() != keep {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}
