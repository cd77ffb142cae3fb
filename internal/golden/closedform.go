package golden

// Hash is the 64-bit FNV-1a hash of text, which seeds the closed forms.
func Hash(text string) uint64 {
	h := uint64(0xcbf29ce484222325)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 0x100000001b3
	}
	return h
}

// Word is output i of the SplitMix64 generator started at seed.
func Word(seed uint64, i int) uint64 {
	z := seed + uint64(i+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// SignedUnit is the number in [−1, 1) that the top 24 bits of Word make; exact.
func SignedUnit(seed uint64, i int) float64 {
	return (float64(Word(seed, i)>>40) - 1<<23) / (1 << 23)
}
