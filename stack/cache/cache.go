package cache

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cairnml/cairn/stack"
)

const (
	fileName = "features.db"
	lockName = "lock"
)

// Config says how a cache is used. The zero value is right for most.
type Config struct {
	// MaxBytes is how much the rows may take together; 0 = no limit. Beyond it the
	// oldest go. The file is a few percent larger.
	MaxBytes int64
	// ReadOnly uses what is there and keeps nothing new. The folder may be missing
	// or on a disk that can't be written.
	ReadOnly bool
	// Wait is how long to wait for another process that holds the file; 0 = 1
	// minute. Usually that is some milliseconds.
	Wait time.Duration
	// Waiting, if not nil, is told once that waiting takes more than two seconds.
	Waiting func(message string)
	// Damaged, if not nil, is told of each damaged row or file that was met.
	Damaged func(error)
}

// Cache is an open cache. It is safe for concurrent use.
type Cache struct {
	dir    string
	config Config
	noSync bool // for tests that commit thousands of times

	mu     sync.Mutex // of what follows
	about  map[[32]byte]string
	reader *handle
	broken bool // the file is damaged beyond its rows
}

// Open opens the cache in a folder, made if missing.
func Open(dir string, c Config) (*Cache, error) {
	if c.MaxBytes < 0 || c.Wait < 0 {
		return nil, fmt.Errorf("cache: limit %d, wait %v: want 0 (the default) or above", c.MaxBytes, c.Wait)
	}
	if c.Wait == 0 {
		c.Wait = time.Minute
	}
	if !c.ReadOnly {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, fmt.Errorf("cache: %w", err)
		}
	}
	return &Cache{dir: dir, config: c, about: map[[32]byte]string{}}, nil
}

// Close closes the file.
func (c *Cache) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closeReader()
}

// For returns the cache as the stack's extraction uses it.
func (c *Cache) For(s *stack.Stack) stack.Cache {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := view{cache: c}
	for _, m := range s.Members() {
		v.members = append(v.members, m.Fingerprint)
		c.about[m.Fingerprint] = m.String()
	}
	return v
}

// view is the cache for the members of one stack.
type view struct {
	cache   *Cache
	members [][32]byte
}

func (v view) Get(ctx context.Context, member int, photo [32]byte, dst []float32) (bool, error) {
	return v.cache.get(ctx, v.members[member], photo, dst)
}

func (v view) Put(ctx context.Context, member int, photos [][32]byte, features []float32) error {
	return v.cache.put(ctx, v.members[member], photos, features)
}

// get copies a row into dst if the cache has it.
func (c *Cache) get(ctx context.Context, member, photo [32]byte, dst []float32) (bool, error) {
	at := place(photo, member)
	found := false
	err := c.view(ctx, func(t *tree) error {
		r, err := find(t, at)
		if err != nil || r == nil || r.photo != photo || r.member != member || len(r.values) != 4*len(dst) {
			return err
		}
		r.copyTo(dst)
		found = true
		return nil
	})
	if damaged(err) {
		c.report(err)
		return false, nil
	}
	return found, err
}

// put keeps the rows of a batch. They are on the disk when it returns.
func (c *Cache) put(ctx context.Context, member [32]byte, photos [][32]byte, features []float32) error {
	if len(photos) == 0 || c.config.ReadOnly {
		return nil
	}
	width, now := len(features)/len(photos), time.Now().Unix()
	rows := make([]row, len(photos))
	for i, photo := range photos {
		rows[i] = row{photo, member, now, valuesOf(features[i*width : (i+1)*width])}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.update(ctx, func(t *tree) error {
		return store(t, rows, c.about, c.config.MaxBytes)
	}, func(t *tree) error {
		return stored(t, rows, c.config.MaxBytes)
	})
}

func (c *Cache) report(err error) {
	if c.config.Damaged != nil {
		c.config.Damaged(err)
	}
}

func (c *Cache) path() string { return filepath.Join(c.dir, fileName) }
