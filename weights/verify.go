package weights

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/cairnml/cairn/internal/npy"
)

// maxFaults is how many damaged files Verify lists.
const maxFaults = 5

// Verify reads all files of the folder, one after another and without keeping
// them in memory: those of the manifest with their shapes, types and SHA-256
// sums; without a manifest every .npy file. It goes on after a damaged or missing
// file, and its error lists the first few and says how many there are.
func (s *Store) Verify(ctx context.Context) error {
	parameters, err := s.parameters()
	if err != nil {
		return fmt.Errorf("weights: verify: %w", err)
	}
	var faults []error
	bad := 0
	for _, p := range parameters {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("weights: verify: %w", err)
		}
		if err := s.verify(p); err != nil {
			if bad++; bad <= maxFaults {
				faults = append(faults, fmt.Errorf("%s: %w", p.File, err))
			}
		}
	}
	if bad == 0 {
		return nil
	}
	if bad > maxFaults {
		faults = append(faults, fmt.Errorf("and %d more", bad-maxFaults))
	}
	return fmt.Errorf("weights: verify: %d of %d files are damaged or missing:\n%w", bad, len(parameters), errors.Join(faults...))
}

// parameters lists those of the manifest, or all .npy files.
func (s *Store) parameters() ([]Parameter, error) {
	if s.manifest != nil {
		return s.manifest.Parameters, nil
	}
	var list []Parameter
	err := fs.WalkDir(s.fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && path.Ext(name) == ".npy" {
			list = append(list, Parameter{Name: strings.TrimSuffix(name, ".npy"), File: name})
		}
		return err
	})
	return list, err
}

// verify reads one file to its end.
func (s *Store) verify(p Parameter) error {
	f, err := s.fsys.Open(p.File)
	if err != nil {
		return reason(err)
	}
	defer f.Close()
	var sum hash.Hash = sha256.New()
	r := io.TeeReader(f, sum)
	h, err := npy.ReadHeader(r)
	if err != nil {
		return reason(err)
	}
	if p.Shape != nil && !slices.Equal(h.Shape, p.Shape) {
		return fmt.Errorf("want shape %v as %s says, got %v", p.Shape, manifestFile, h.Shape)
	}
	if p.Dtype != "" && p.Dtype != h.Dtype.String() {
		return fmt.Errorf("want %s as %s says, got %v", p.Dtype, manifestFile, h.Dtype)
	}
	n, err := h.Len()
	if err != nil {
		return err
	}
	got, err := io.Copy(io.Discard, r)
	if err != nil {
		return reason(err)
	}
	if want := int64(n) * int64(h.Dtype.Size()); got != want {
		return fmt.Errorf("want %d bytes for %v %v, got %d", want, h.Dtype, h.Shape, got)
	}
	return p.checkSum(sum)
}

// checkSum compares the hash of what was read with the manifest's.
func (p Parameter) checkSum(sum hash.Hash) error {
	if got := hex.EncodeToString(sum.Sum(nil)); p.SHA256 != "" && !strings.EqualFold(got, p.SHA256) {
		return fmt.Errorf("damaged or replaced: want SHA-256 %s as %s says, got %s", p.SHA256, manifestFile, got)
	}
	return nil
}
