package kernel

import "fmt"

// Implementation is a set of inner loops, one for each instruction set.
type Implementation uint8

// The implementations.
const (
	Auto Implementation = iota // the best that this CPU has
	Go                         // plain Go
)

var implementationNames = [...]string{Auto: "auto", Go: "go"}

// String returns the name: auto or go.
func (i Implementation) String() string {
	if int(i) < len(implementationNames) {
		return implementationNames[i]
	}
	return fmt.Sprintf("Implementation(%d)", i)
}

// best is the fastest implementation that this CPU has.
func best() Implementation { return Go }

// supported says what an implementation lacks here.
func supported(i Implementation) error {
	if i != Go {
		return fmt.Errorf("kernel: no implementation %v", i)
	}
	return nil
}
