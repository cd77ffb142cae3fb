package layer

// MaxPooling2D is Keras's MaxPooling2D; "same" pads with −∞, that is, not at all.
type MaxPooling2D struct{ Window }

// Class implements Op.
func (MaxPooling2D) Class() string { return "MaxPooling2D" }

// Infer implements Op.
func (o MaxPooling2D) Infer(in [][]int) ([]int, error) { return pooled(o.Window, in) }

// AveragePooling2D is Keras's AveragePooling2D; padding does not count.
type AveragePooling2D struct{ Window }

// Class implements Op.
func (AveragePooling2D) Class() string { return "AveragePooling2D" }

// Infer implements Op.
func (o AveragePooling2D) Infer(in [][]int) ([]int, error) { return pooled(o.Window, in) }

func pooled(g Window, in [][]int) ([]int, error) {
	h, w, c, err := oneMap(in)
	if err != nil {
		return nil, err
	}
	h, w, err = g.Out(h, w)
	if err != nil {
		return nil, err
	}
	return []int{h, w, c}, nil
}

// GlobalAveragePooling2D is Keras's layer of that name: [H, W, C] → [C], or
// [1, 1, C] with KeepDims.
type GlobalAveragePooling2D struct{ KeepDims bool }

// Class implements Op.
func (GlobalAveragePooling2D) Class() string { return "GlobalAveragePooling2D" }

// Infer implements Op.
func (o GlobalAveragePooling2D) Infer(in [][]int) ([]int, error) { return global(o.KeepDims, in) }

// GlobalMaxPooling2D is Keras's layer of that name: [H, W, C] → [C], or
// [1, 1, C] with KeepDims.
type GlobalMaxPooling2D struct{ KeepDims bool }

// Class implements Op.
func (GlobalMaxPooling2D) Class() string { return "GlobalMaxPooling2D" }

// Infer implements Op.
func (o GlobalMaxPooling2D) Infer(in [][]int) ([]int, error) { return global(o.KeepDims, in) }

func global(keep bool, in [][]int) ([]int, error) {
	_, _, c, err := oneMap(in)
	if err != nil {
		return nil, err
	}
	if keep {
		return []int{1, 1, c}, nil
	}
	return []int{c}, nil
}
