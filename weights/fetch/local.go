package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// copyLocal makes the part a copy of a file in a folder.
func (d *download) copyLocal(ctx context.Context) error {
	f, err := os.Open(d.source)
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) { // the source is named already
			err = p.Err
		}
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("want a file")
	case d.f.Size > 0 && info.Size() != d.f.Size:
		return fmt.Errorf("want %d bytes, the file has %d", d.f.Size, info.Size())
	}
	if err := d.part.restart(origin{Address: d.source, Total: info.Size()}); err != nil {
		return &diskError{err}
	}
	d.report()
	return d.copy(ctx, io.LimitReader(f, info.Size()), func() {})
}

// copy appends what r has to the part; each is called after every piece.
func (d *download) copy(ctx context.Context, r io.Reader, each func()) error {
	buffer := make([]byte, 128<<10)
	for {
		n, err := r.Read(buffer)
		if n > 0 {
			if _, err := d.part.Write(buffer[:n]); err != nil {
				return &diskError{err}
			}
			each()
			d.report()
		}
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
}
