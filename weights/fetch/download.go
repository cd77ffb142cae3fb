package fetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// download is one file on its way to disk.
type download struct {
	o      Options
	f      File
	part   *part
	client *http.Client
	source string // that is being read
	most   int64  // bytes that the part ever had
}

// get brings a file to disk from the first source that has it, and verifies it.
func (o Options) get(ctx context.Context, f File) (*part, error) {
	p, err := openPart(filepath.Join(o.Dir, partName(f)))
	if err != nil {
		return nil, err
	}
	d := &download{o: o, f: f, part: p, client: o.Client, most: p.size}
	if d.client == nil {
		d.client = newClient()
		defer d.client.CloseIdleConnections()
	}
	if err := d.run(ctx); err != nil {
		if p.size == 0 {
			return nil, errors.Join(err, p.remove())
		}
		p.close()
		return nil, err
	}
	p.from = shown(d.source)
	return p, nil
}

// run tries the sources one after another.
func (d *download) run(ctx context.Context) error {
	var faults []error
	for _, d.source = range d.sources() {
		err := d.fromSource(ctx)
		if err == nil {
			return nil
		}
		var disk *diskError
		if ctx.Err() != nil || errors.As(err, &disk) { // another source would not help
			return fmt.Errorf("%s: %w", shown(d.source), err)
		}
		faults = append(faults, fmt.Errorf("%s: %w", shown(d.source), err))
	}
	return fmt.Errorf("%w\n%s", errors.Join(faults...), d.alternative())
}

// sources are the addresses and paths of the file.
func (d *download) sources() []string {
	if len(d.o.Mirrors) == 0 {
		return []string{d.f.Address}
	}
	list := make([]string, len(d.o.Mirrors))
	for i, m := range d.o.Mirrors {
		if isAddress(m) {
			list[i] = strings.TrimSuffix(m, "/") + "/" + d.f.Name()
		} else {
			list[i] = filepath.Join(m, d.f.Name())
		}
	}
	return list
}

func isAddress(source string) bool { return strings.Contains(source, "://") }

// shown is a source for people and files, without a password.
func shown(source string) string {
	if isAddress(source) {
		if u, err := url.Parse(source); err == nil {
			return u.Redacted()
		}
	}
	return source
}

// alternative says what to do without a network.
func (d *download) alternative() string {
	by := fmt.Sprintf("give a folder with %s as mirror", d.f.Name())
	if d.f.Model == ClassIndex {
		return "without a network: " + by
	}
	return fmt.Sprintf("without a network: cairn weights import FILE.h5 --model %s, or %s", d.f.Model, by)
}

// fromSource completes the part from one source and verifies it.
func (d *download) fromSource(ctx context.Context) error {
	begun := d.part.size > 0 && isAddress(d.source)
	err := d.load(ctx)
	if err == nil {
		err = d.verify(ctx)
	}
	var wrong *hashError
	if begun && errors.As(err, &wrong) {
		// The bytes from before may be at fault: once more, without them.
		if err = d.load(ctx); err == nil {
			err = d.verify(ctx)
		}
	}
	return err
}

// verify checks the hash of the part, and empties a part that has another.
func (d *download) verify(ctx context.Context) error {
	sum, err := d.part.verify(d.f, func(done int64) error {
		d.o.Progress(Progress{Step: Check, File: d.f.Name(), From: shown(d.source), Done: done, Total: d.part.size})
		return ctx.Err()
	})
	var wrong *hashError
	if errors.As(err, &wrong) {
		if e := d.part.restart(origin{}); e != nil {
			err = errors.Join(err, &diskError{e})
		}
		d.most = 0
	}
	d.part.sha256 = sum
	return err
}

// load completes the part, trying again after what may pass.
func (d *download) load(ctx context.Context) error {
	if !isAddress(d.source) {
		return d.copyLocal(ctx)
	}
	for failed := 0; ; {
		err := d.request(ctx)
		var t *temporary
		if err == nil || ctx.Err() != nil || !errors.As(err, &t) {
			return err
		}
		failed++
		if d.part.size > d.most { // it gets on
			d.most, failed = d.part.size, 1
		}
		if failed >= d.o.Attempts {
			return fmt.Errorf("%d tries: %w", failed, err)
		}
		pause := max(d.backOff(failed), t.pause)
		d.o.Progress(Progress{Step: Retry, File: d.f.Name(), From: shown(d.source), Done: d.part.size, Err: err, Pause: pause})
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// backOff doubles with each try up to half a minute, and varies so that clients
// do not come back all at once.
func (d *download) backOff(failed int) time.Duration {
	const most = 30 * time.Second
	pause := min(d.o.pause<<min(failed-1, 10), most)
	return pause/2 + rand.N(pause/2+1)
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// report tells of bytes that have arrived.
func (d *download) report() {
	total := d.f.Size
	if total == 0 {
		total = d.part.origin.Total
	}
	d.o.Progress(Progress{Step: Load, File: d.f.Name(), From: shown(d.source), Done: d.part.size, Total: total})
}

// diskError is a failure to write. No source can help.
type diskError struct{ err error }

func (e *diskError) Error() string { return e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// temporary is a failure that may pass.
type temporary struct {
	err   error
	pause time.Duration // that the server asks for
}

func (e *temporary) Error() string { return e.err.Error() }
func (e *temporary) Unwrap() error { return e.err }
