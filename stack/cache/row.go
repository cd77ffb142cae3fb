package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

// A row is the features that one member made of one photo.
type row struct {
	photo  [32]byte // SHA-256 of the photo's file
	member [32]byte // stack.Member.Fingerprint
	at     int64    // Unix time in seconds
	values []byte   // float32, little endian
}

// A row lies in the file under its number, by which rows are in the order of
// their age, as
//
//	CRC-32C of the number and what follows · time · photo · member · values
const rowHead = 4 + 8 + 32 + 32

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (r *row) encode(number uint64) []byte {
	b := make([]byte, rowHead, rowHead+len(r.values))
	binary.LittleEndian.PutUint64(b[4:], uint64(r.at))
	copy(b[12:], r.photo[:])
	copy(b[44:], r.member[:])
	b = append(b, r.values...)
	binary.LittleEndian.PutUint32(b, checksum(number, b))
	return b
}

func checksum(number uint64, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(numberKey(number), castagnoli), castagnoli, b[4:])
}

// decodeRow returns the row that lies in b. Its values share memory with b.
func decodeRow(number uint64, b []byte) (row, error) {
	var r row
	if len(b) < rowHead || len(b)%4 != 0 {
		return r, fmt.Errorf("row %d: damaged: want at least %d bytes, got %d", number, rowHead, len(b))
	}
	r.at = int64(binary.LittleEndian.Uint64(b[4:]))
	copy(r.photo[:], b[12:])
	copy(r.member[:], b[44:])
	r.values = b[rowHead:]
	if want, got := binary.LittleEndian.Uint32(b), checksum(number, b); want != got {
		return r, fmt.Errorf("row %d (photo with SHA-256 %x): damaged: want CRC %08x, got %08x", number, r.photo, want, got)
	}
	return r, nil
}

func (r *row) time() time.Time { return time.Unix(r.at, 0) }

// size is what a row counts against Config.MaxBytes.
func (r *row) size() int64 { return rowHead + int64(len(r.values)) }

// place is the key in the index, which leads to the row's number. Should two
// rows meet there, the row itself tells that it is another one.
func place(photo, member [32]byte) []byte {
	sum := sha256.Sum256(append(photo[:], member[:]...))
	return sum[:16]
}

func numberKey(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

func valuesOf(features []float32) []byte {
	b := make([]byte, 0, 4*len(features))
	for _, v := range features {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func (r *row) copyTo(dst []float32) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.values[4*i:]))
	}
}
