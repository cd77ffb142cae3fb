//go:build !amd64 || purego

package kernel

import "fmt"

// best is the fastest implementation that this CPU has.
func best() Implementation { return Go }

// supported says what an implementation lacks here.
func supported(i Implementation) error {
	if i != Go {
		return fmt.Errorf("kernel: implementation %v: want a build for amd64 without the tag purego, got plain Go alone", i)
	}
	return nil
}

func (p *product) multiply(Implementation) { p.multiplyGo() }
