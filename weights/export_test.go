package weights

import "path"

// KernelRule shows tests what names and shapes decide.
func KernelRule(name string, shape []int) (fan int, pair bool) {
	k := kinds[path.Base(name)]
	return fanIn(k, shape), pairs(k, shape)
}
