//go:build !amd64 || purego

package pixel

func (Loops) inverseDCTFast([]uint8, int, []Block, *[64]uint16) bool            { return false }
func (Loops) acrossFast(dst, near, far []uint8, sums []uint16, r Rounding) bool { return false }
func (Loops) downFast(dst, near, far []uint8, round int) bool                   { return false }
func (Loops) interleaveFast(dst, r, g, b []uint8) (done int)                    { return 0 }
func (Loops) yccFast(dst, y, cb, cr []uint8) (done int)                         { return 0 }
func (Loops) weighDownFast(dst, src []uint8, stride int, weights []int32) bool  { return false }
func (*Weigher) weighFast(dst, src []uint8) bool                                { return false }
func (Loops) pickFast(dst, src []uint8, columns []int32) (done int)             { return 0 }
