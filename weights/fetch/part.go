package fetch

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/cairnml/cairn/internal/durable"
)

// part is a download on disk, complete or not, with an origin beside it.
type part struct {
	path   string
	file   *os.File
	size   int64 // bytes so far; the file's offset is its end while loading
	origin origin

	// Of a part that was verified:
	from   string // address or path
	sha256 string
}

// origin says which version of which file the bytes are of.
type origin struct {
	Address   string `json:"address"`
	Validator string `json:"validator,omitempty"` // for If-Range: a strong ETag, or a date
	Total     int64  `json:"total,omitempty"`     // bytes of the whole; 0 where not known
}

func partName(f File) string { return f.Name() + ".part" }

// openPart opens what there is, or a new part. An origin that cannot be read is
// none: the hash decides in the end.
func openPart(path string) (*part, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	p := &part{path: path, file: f, size: size}
	if raw, err := os.ReadFile(p.originPath()); err == nil {
		if json.Unmarshal(raw, &p.origin) != nil {
			p.origin = origin{}
		}
	}
	return p, nil
}

func (p *part) originPath() string { return p.path + ".json" }

// restart empties the part for bytes of another origin. The order matters if the
// process is killed: bytes must never have a later origin.
func (p *part) restart(o origin) error {
	if p.size > 0 {
		if err := p.file.Truncate(0); err != nil {
			return err
		}
		p.size = 0
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	p.origin = o
	raw, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return durable.WriteBytes(p.originPath(), raw)
}

// Write appends.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.size += int64(n)
	return n, err
}

// complete reports whether all bytes are there, where their number is known.
func (p *part) complete(f File) bool {
	total := f.Size
	if total == 0 {
		total = p.origin.Total
	}
	return total > 0 && p.size == total
}

// verify compares the bytes on disk with the hash of f.
func (p *part) verify(f File, each func(int64) error) (sha256 string, err error) {
	if err := p.file.Sync(); err != nil {
		return "", err
	}
	return f.verify(io.NewSectionReader(p.file, 0, p.size), each)
}

func (p *part) close() { _ = p.file.Close() } // synced before it counted

// remove removes the part and its origin.
func (p *part) remove() error {
	p.close() // an open file cannot be removed everywhere
	return errors.Join(os.Remove(p.path), absent(os.Remove(p.originPath())))
}

// rename gives the part its final name.
func (p *part) rename(name string) error {
	p.close()
	if err := os.Rename(p.path, name); err != nil {
		return err
	}
	// Not every system can sync a folder; the file itself is synced.
	if dir, err := os.Open(filepath.Dir(name)); err == nil {
		_ = dir.Sync()
		_ = dir.Close()
	}
	return absent(os.Remove(p.originPath()))
}

// absent is the error unless it says that there is nothing.
func absent(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
