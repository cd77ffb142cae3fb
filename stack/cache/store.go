package cache

import (
	"encoding/binary"
	"encoding/json"
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

// find returns the row at a place, nil if there is none. It lives as long as tx.
func find(tx *bolt.Tx, at []byte) (*row, error) {
	index, rows := tx.Bucket(indexBucket), tx.Bucket(rowsBucket)
	if index == nil || rows == nil {
		return nil, nil
	}
	number := index.Get(at)
	if number == nil {
		return nil, nil
	}
	if len(number) != 8 {
		return nil, &damageError{fmt.Errorf("index %x: damaged: want 8 bytes, got %d", at, len(number)), false}
	}
	n := binary.BigEndian.Uint64(number)
	b := rows.Get(number)
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
func store(tx *bolt.Tx, rows []row, about map[[32]byte]string, limit int64) error {
	s, err := newStorage(tx)
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
	tx                   *bolt.Tx
	rows, index, members *bolt.Bucket
	tallies              map[[32]byte]*tally
}

func newStorage(tx *bolt.Tx) (*storage, error) {
	s := &storage{tx: tx}
	for name, b := range map[string]**bolt.Bucket{string(rowsBucket): &s.rows, string(indexBucket): &s.index, string(membersBucket): &s.members} {
		var err error
		if *b, err = tx.CreateBucketIfNotExists([]byte(name)); err != nil {
			return nil, err
		}
	}
	s.rows.FillPercent = 0.95 // rows come in the order of their keys
	var err error
	s.tallies, err = talliesOf(tx)
	if err != nil {
		return nil, s.recount()
	}
	return s, nil
}

// talliesOf reads what the file says of its members.
func talliesOf(tx *bolt.Tx) (map[[32]byte]*tally, error) {
	all := map[[32]byte]*tally{}
	members := tx.Bucket(membersBucket)
	if members == nil {
		return all, nil
	}
	err := members.ForEach(func(k, v []byte) error {
		t := &tally{}
		if err := json.Unmarshal(v, t); err != nil || len(k) != 32 {
			return &damageError{fmt.Errorf("member %x: damaged: %q", k, v), false}
		}
		all[[32]byte(k)] = t
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
	old, err := find(s.tx, at)
	switch {
	case damaged(err):
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
		number, b := s.rows.Cursor().First()
		if number == nil {
			return nil
		}
		r, err := decodeRow(binary.BigEndian.Uint64(number), b)
		if err != nil { // the index leads nowhere then, which the next lookup mends
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
func stored(tx *bolt.Tx, rows []row, limit int64) error {
	room := limit
	for i := range slices.Backward(rows) {
		if room -= rows[i].size(); limit > 0 && room < 0 {
			return nil
		}
		if r, err := find(tx, place(rows[i].photo, rows[i].member)); err != nil || r == nil {
			return &damageError{fmt.Errorf("damaged: the row of the photo with SHA-256 %x is lost", rows[i].photo), true}
		}
	}
	return nil
}
