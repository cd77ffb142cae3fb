package cache

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// The buckets of the file.
var (
	rowsBucket    = []byte("rows")    // number → row
	indexBucket   = []byte("index")   // place → number
	membersBucket = []byte("members") // fingerprint → tally
)

// A tally is what the file holds of a member.
type tally struct {
	About string `json:"about"`
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// find returns the row at a place, nil if there is none. It lives as long as t.
func find(t *tree, at []byte) (*row, error) {
	number, err := t.get(indexBucket, at)
	if number == nil || err != nil {
		return nil, err
	}
	if len(number) != 8 {
		return nil, &damageError{fmt.Errorf("index %x: damaged: want 8 bytes, got %d", at, len(number)), false}
	}
	n := binary.BigEndian.Uint64(number)
	b, err := t.get(rowsBucket, number)
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, &damageError{fmt.Errorf("index %x: damaged: there is no row %d", at, n), false}
	}
	r, err := decodeRow(n, b)
	if err != nil {
		return nil, &damageError{err, false}
	}
	return &r, nil
}

// store adds rows, in place of damaged ones, and removes the oldest beyond the
// limit. A row that another process stored meanwhile stays.
func store(t *tree, rows []row, about map[[32]byte]string, limit int64) error {
	s, err := newStorage(t)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := s.add(&rows[i]); err != nil {
			return err
		}
	}
	if limit > 0 {
		if err := s.evict(limit); err != nil {
			return err
		}
	}
	return s.finish(about)
}

// storage is a writing transaction.
type storage struct {
	*tree
	rows, index, members *bolt.Bucket
	tallies              map[[32]byte]*tally
}

func newStorage(t *tree) (*storage, error) {
	s := &storage{tree: t}
	for name, b := range map[string]**bolt.Bucket{string(rowsBucket): &s.rows, string(indexBucket): &s.index, string(membersBucket): &s.members} {
		_, err := t.bucket([]byte(name))
		if err != nil {
			return nil, err
		}
		if *b, err = t.tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return nil, err
		}
	}
	s.rows.FillPercent = 0.95 // rows come in the order of their keys
	if err := t.check(rowsBucket, lastNumber); err != nil {
		return nil, err
	}
	var err error
	s.tallies, err = talliesOf(t)
	if damagedWhole(err) {
		return nil, err
	} else if err != nil {
		return s, s.recount()
	}
	return s, nil
}

// talliesOf reads what the file says of its members.
func talliesOf(t *tree) (map[[32]byte]*tally, error) {
	all := map[[32]byte]*tally{}
	members, err := t.bucket(membersBucket)
	if members == nil || err != nil {
		return all, err
	}
	if err := t.checkAll(membersBucket); err != nil {
		return all, err
	}
	err = members.ForEach(func(k, v []byte) error {
		tally := &tally{}
		if err := json.Unmarshal(v, tally); err != nil || len(k) != 32 {
			return &damageError{fmt.Errorf("member %x: damaged: %q", k, v), false}
		}
		all[[32]byte(k)] = tally
		return nil
	})
	return all, err
}

// recount makes the tallies anew from the rows.
func (s *storage) recount() error {
	old := s.tallies
	s.tallies = map[[32]byte]*tally{}
	for m, t := range old {
		s.tallies[m] = &tally{About: t.About}
	}
	if err := s.checkAll(rowsBucket); err != nil {
		return err
	}
	return s.rows.ForEach(func(k, v []byte) error {
		if r, err := decodeRow(binary.BigEndian.Uint64(k), v); err == nil {
			s.count(r.member, 1, r.size())
		}
		return nil
	})
}

func (s *storage) count(member [32]byte, rows, bytes int64) {
	t := s.tallies[member]
	if t == nil {
		t = &tally{}
		s.tallies[member] = t
	}
	t.Rows, t.Bytes = t.Rows+rows, t.Bytes+bytes
}

func (s *storage) add(r *row) error {
	at := place(r.photo, r.member)
	old, err := find(s.tree, at)
	switch {
	case damaged(err) && !damagedWhole(err):
		if err := s.removeDamaged(at); err != nil {
			return err
		}
	case err != nil:
		return err
	case old != nil && old.photo == r.photo && old.member == r.member && len(old.values) == len(r.values):
		return nil
	case old != nil:
		if err := s.remove(s.index.Get(at), old); err != nil {
			return err
		}
	}
	n, err := s.rows.NextSequence()
	if err != nil {
		return err
	}
	if err := s.rows.Put(numberKey(n), r.encode(n)); err != nil {
		return err
	}
	if err := s.index.Put(at, numberKey(n)); err != nil {
		return err
	}
	s.count(r.member, 1, r.size())
	return nil
}

// remove removes a good row.
func (s *storage) remove(number []byte, r *row) error {
	at, size, member := place(r.photo, r.member), r.size(), r.member
	if err := errors.Join(s.check(rowsBucket, number), s.check(indexBucket, at)); err != nil {
		return err
	}
	if err := s.rows.Delete(number); err != nil {
		return err
	}
	if err := s.index.Delete(at); err != nil {
		return err
	}
	s.count(member, -1, -size)
	return nil
}

// removeDamaged removes the row to which an entry of the index leads, and the
// entry.
func (s *storage) removeDamaged(at []byte) error {
	if number := s.index.Get(at); len(number) == 8 {
		if err := s.check(rowsBucket, number); err != nil {
			return err
		}
		if err := s.rows.Delete(number); err != nil {
			return err
		}
	}
	if err := s.index.Delete(at); err != nil {
		return err
	}
	return s.recount()
}

// evict removes the oldest rows until the others take at most limit bytes.
func (s *storage) evict(limit int64) error {
	total := int64(0)
	for _, t := range s.tallies {
		total += t.Bytes
	}
	for total > limit {
		number, b, err := s.first()
		if number == nil || err != nil {
			return err
		}
		r, err := decodeRow(binary.BigEndian.Uint64(number), b)
		if err != nil { // the index leads nowhere then, which the next lookup mends
			if err := s.check(rowsBucket, number); err != nil {
				return err
			}
			if err := s.rows.Delete(number); err != nil {
				return err
			}
			continue
		}
		total -= r.size()
		if err := s.remove(number, &r); err != nil {
			return err
		}
	}
	return nil
}

// finish writes the tallies.
func (s *storage) finish(about map[[32]byte]string) error {
	for member, t := range s.tallies {
		if text, ok := about[member]; ok {
			t.About = text
		}
		if t.Rows <= 0 {
			if err := s.members.Delete(member[:]); err != nil {
				return err
			}
			continue
		}
		text, err := json.Marshal(t)
		if err != nil {
			return err
		}
		if err := s.members.Put(member[:], text); err != nil {
			return err
		}
	}
	return nil
}

// stored says whether rows that were committed, and that the limit can't have
// removed, are found: pages whose order is damaged lose what is put into them.
func stored(t *tree, rows []row, limit int64) error {
	room := limit
	for i := range slices.Backward(rows) {
		if room -= rows[i].size(); limit > 0 && room < 0 {
			return nil
		}
		if r, err := find(t, place(rows[i].photo, rows[i].member)); err != nil || r == nil {
			return &damageError{fmt.Errorf("damaged: the row of the photo with SHA-256 %x is lost", rows[i].photo), true}
		}
	}
	return nil
}
