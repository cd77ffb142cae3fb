package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// hashError reports a file of another content than expected.
type hashError struct {
	algorithm, want, got string
}

func (e *hashError) Error() string {
	return fmt.Sprintf("want %s %s, got %s: damaged, or another file", e.algorithm, e.want, e.got)
}

// verify reads content to its end and compares its hash with f's; each is called
// with the bytes so far and stops it by an error. It returns the SHA-256.
func (f File) verify(content io.Reader, each func(int64) error) (string, error) {
	sum, err := f.hasher()
	if err != nil {
		return "", err
	}
	sha := sha256.New()
	buffer := make([]byte, 1<<20)
	for done := int64(0); ; {
		n, err := content.Read(buffer)
		sum.Write(buffer[:n])
		sha.Write(buffer[:n])
		done += int64(n)
		if err == io.EOF {
			break
		}
		if err == nil {
			err = each(done)
		}
		if err != nil {
			return "", err
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); !strings.EqualFold(got, f.Hash) {
		return "", &hashError{f.algorithm(), f.Hash, got}
	}
	return hex.EncodeToString(sha.Sum(nil)), nil
}
