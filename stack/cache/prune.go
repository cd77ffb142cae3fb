package cache

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// Pruning says which rows go. The zero value removes nothing but what is damaged.
type Pruning struct {
	MaxBytes int64         // the newest rows that take so much stay; 0 = all
	MaxAge   time.Duration // rows computed longer ago go; 0 = none
	Members  [][32]byte    // rows of these members go, by stack.Member.Fingerprint
}

// Prune removes rows, writes the others into a new file without gaps, and
// replaces the old one by it. Others wait meanwhile.
func (c *Cache) Prune(ctx context.Context, p Pruning) error {
	if p.MaxBytes < 0 || p.MaxAge < 0 {
		return fmt.Errorf("cache: prune to %d bytes, %v: want 0 or above", p.MaxBytes, p.MaxAge)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.closeReader(); err != nil && !damaged(err) {
		return c.judge(err)
	}
	unlock, err := c.turn(ctx)
	if err != nil {
		return c.judge(err)
	}
	defer unlock()
	if _, err := os.Stat(c.path()); err != nil {
		return nil // nothing to prune
	}
	oldest := time.Now().Add(-p.MaxAge).Unix()
	stays := func(r *row) bool {
		return !slices.Contains(p.Members, r.member) && (p.MaxAge == 0 || r.at >= oldest)
	}
	if err := c.rebuild(ctx, stays, p.MaxBytes); err != nil {
		return c.judge(err)
	}
	c.broken = false
	return nil
}
