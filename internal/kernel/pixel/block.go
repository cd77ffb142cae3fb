package pixel

// Block is the 64 coefficients of an 8×8 block, in an order that suits vectors:
// rows go in pairs (0, 4), (2, 6), (7, 1), (3, 5), columns as 0 4 2 6 7 1 3 5, and
// element 16·p + 2·c + h is in row h of pair p and in column c of those orders.
type Block [64]int16

var (
	rowOrder    = [8]int{0, 4, 2, 6, 7, 1, 3, 5} // two after two
	columnOrder = [8]int{0, 4, 2, 6, 7, 1, 3, 5}
)

// Zigzag is the place in a block of the k-th coefficient of a file. Runs in
// damaged data lead up to 16 places past the end, all of which are the last place.
var Zigzag = zigzag()

func zigzag() (order [64 + 16]uint8) {
	var place [64]uint8 // by row and column
	for p, y := range rowOrder {
		for c, x := range columnOrder {
			place[8*y+x] = uint8(p/2*16 + 2*c + p%2)
		}
	}
	k := 0
	for diagonal := range 15 {
		for i := max(0, diagonal-7); i <= min(diagonal, 7); i++ {
			y, x := i, diagonal-i
			if diagonal%2 == 0 {
				y, x = x, y
			}
			order[k] = place[8*y+x]
			k++
		}
	}
	for ; k < len(order); k++ {
		order[k] = place[63]
	}
	return order
}
