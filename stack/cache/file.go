package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	boltErrors "go.etcd.io/bbolt/errors"

	"github.com/cairnml/cairn/internal/durable"
)

// holdReader is how long the file stays open for reading, and retryOpen how often
// one that waits for it tries again.
const (
	holdReader = 10 * time.Millisecond
	retryOpen  = time.Millisecond
)

// A damageError is about bytes that are not what was written.
type damageError struct {
	err   error
	whole bool // the file's structure and not one row
}

func (e *damageError) Error() string { return e.err.Error() }

func (e *damageError) Unwrap() error { return e.err }

func damaged(err error) bool {
	var d *damageError
	return errors.As(err, &d)
}

func damagedWhole(err error) bool {
	var d *damageError
	return errors.As(err, &d) && d.whole
}

// A handle is the open file.
type handle struct {
	db   *bolt.DB
	file *os.File    // the one below db
	stop *time.Timer // closes it
}

// open opens the file, which must have been made by it unless it is to be
// written, as soon as nobody has it open in another way. Whoever calls it has the
// turn.
func (c *Cache) open(ctx context.Context, name string, readOnly bool) (*handle, error) {
	ctx, cancel := withWait(ctx, c.config.Wait)
	defer cancel()
	for {
		h, err := c.tryOpen(name, readOnly)
		if !errors.Is(err, boltErrors.ErrTimeout) {
			return h, classify(err)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(retryOpen):
		}
	}
}

// tryOpen returns an error of boltErrors.ErrTimeout if another has it open.
func (c *Cache) tryOpen(name string, readOnly bool) (*handle, error) {
	h := &handle{}
	err := guard(func() (err error) {
		h.db, err = bolt.Open(name, 0o666, &bolt.Options{
			ReadOnly: readOnly, Timeout: time.Nanosecond, FreelistType: bolt.FreelistMapType, NoSync: c.noSync,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				var err error
				if h.file, err = os.OpenFile(name, flag, mode); err != nil {
					return nil, err
				}
				return h.file, checkBefore(h.file, readOnly)
			},
		})
		return err
	})
	if err != nil {
		if h.file != nil {
			h.file.Close() // it is open still only after damage
		}
		return nil, err
	}
	return h, nil
}

// checkBefore looks at what bbolt reads when it opens a file that is not new.
func checkBefore(f *os.File, readOnly bool) error {
	if info, err := f.Stat(); err != nil || info.Size() == 0 {
		return err
	}
	p, err := openPages(f)
	if err == nil && !readOnly {
		err = p.checkFreelist()
	}
	if err != nil {
		return damagedPages(err)
	}
	return nil
}

func (h *handle) view(f func(*tree) error) error {
	return h.run(f, h.db.View, false)
}

func (h *handle) update(f func(*tree) error) error {
	err := h.run(f, h.db.Update, true)
	if err != nil {
		return err
	}
	p, err := openPages(h.file)
	if err == nil {
		err = p.sealFreelist(h.file)
	}
	return classify(err)
}

func (h *handle) run(f func(*tree) error, transact func(func(*bolt.Tx) error) error, change bool) error {
	p, err := openPages(h.file)
	if err != nil {
		return damagedPages(err)
	}
	return classify(guard(func() error {
		return transact(func(tx *bolt.Tx) error { return f(&tree{tx, p, map[string]uint64{}, change}) })
	}))
}

func (h *handle) close() error {
	if h.stop != nil {
		h.stop.Stop()
	}
	err := guard(h.db.Close)
	if err != nil {
		h.file.Close()
	}
	return err
}

// guard turns a panic over damaged pages, or a read beyond the file's end, into
// an error.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &damageError{fmt.Errorf("damaged: %v", p), true}
		}
	}()
	return f()
}

// classify makes a damageError of what bbolt says of a file that is not one of its
// own or not whole. What the system says stays as it is.
func classify(err error) error {
	if err == nil || damaged(err) || errors.As(err, new(*fs.PathError)) || errors.As(err, new(syscall.Errno)) {
		return err
	}
	return &damageError{fmt.Errorf("damaged: %w", err), true}
}

// view runs f on the file, or not at all if there is none.
func (c *Cache) view(ctx context.Context, f func(*tree) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return nil
	}
	err := c.openReader(ctx)
	if err == nil && c.reader != nil {
		err = c.reader.view(f)
	}
	return c.judge(err)
}

// judge names the file in an error and remembers that it is broken.
func (c *Cache) judge(err error) error {
	if err == nil {
		return nil
	}
	if damagedWhole(err) {
		c.broken = true
		err = errors.Join(err, c.closeReader())
	}
	return fmt.Errorf("cache: %s: %w", c.path(), err)
}

// openReader opens the file for reading, unless it is or does not exist, for a
// short time.
func (c *Cache) openReader(ctx context.Context) error {
	if c.reader != nil || !begun(c.path()) {
		return nil
	}
	unlock, err := c.turn(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	h, err := c.open(ctx, c.path(), true)
	if err != nil {
		return err
	}
	c.reader = h
	h.stop = time.AfterFunc(holdReader, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.reader == h {
			_ = c.closeReader() // nothing was written
		}
	})
	return nil
}

func (c *Cache) closeReader() error {
	if c.reader == nil {
		return nil
	}
	h := c.reader
	c.reader = nil
	return h.close()
}

// begun says whether a file is there and not empty, as one is whose writer was
// killed at once.
func begun(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Size() > 0
}

// update runs f on the file alone of all processes and commits what it did, and
// then check, which looks whether all is there. Whoever calls it holds mu.
func (c *Cache) update(ctx context.Context, f, check func(*tree) error) error {
	if err := c.closeReader(); err != nil {
		return c.judge(err)
	}
	unlock, err := c.turn(ctx)
	if err != nil {
		return c.judge(err)
	}
	defer unlock()
	if !c.broken {
		err := c.judge(c.write(ctx, f, check))
		if !c.broken {
			return err
		}
		c.report(err)
	}
	if err := c.rebuild(ctx, keepAll, 0); err != nil {
		return c.judge(err)
	}
	c.broken = false
	return c.judge(c.write(ctx, f, check))
}

func (c *Cache) write(ctx context.Context, f, check func(*tree) error) error {
	h, err := c.open(ctx, c.path(), false)
	if err != nil {
		return err
	}
	err = h.update(f)
	if err == nil {
		err = h.view(check)
	}
	return errors.Join(err, h.close())
}

// turn waits until no other process opens the file or writes to it. Without it
// those that read again and again would leave no gap for one that writes.
func (c *Cache) turn(ctx context.Context) (unlock func(), err error) {
	ctx, cancel := withWait(ctx, c.config.Wait)
	defer cancel()
	if c.config.Waiting != nil {
		const patience = 2 * time.Second
		warn := time.AfterFunc(patience, func() {
			c.config.Waiting("waiting for another process that uses " + c.path())
		})
		defer warn.Stop()
	}
	unlock, err = durable.Lock(ctx, filepath.Join(c.dir, lockName), nil)
	switch {
	case err == nil:
		return unlock, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case c.config.ReadOnly: // a folder that can't be written
		return func() {}, nil
	}
	return nil, err
}

// withWait ends a context when others have used the file for too long.
func withWait(ctx context.Context, wait time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, wait, fmt.Errorf("in use by another process: waited %v", wait))
}
