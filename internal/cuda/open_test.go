//go:build (cuda || gpu) && cgo && linux

package cuda

import (
	"context"
	"strings"
	"testing"
)

// TestWrongPTX loads kernels that a device can't run, and asks for one that there is
// not.
func TestWrongPTX(t *testing.T) {
	w := newWorker()
	defer w.end()
	err := w.do(context.Background(), func() error {
		d, err := open(0)
		if err != nil {
			return err
		}
		for ptx, want := range map[string]string{
			"":                     "loading kernels: InvalidPtx",
			"MOV R1, c[0x0][0x28]": "loading kernels: InvalidPtx",
			strings.Replace(fp32sm80, ".target sm_80", ".target sm_999", 1): "loading kernels: NoBinaryForGpu",
		} {
			if err := d.load(ptx); err == nil || err.Error() != want {
				t.Errorf("want %q, got %v", want, err)
			}
		}
		if err := d.load(tf32sm80); err != nil {
			t.Error(err)
		}
		if _, err := d.function("conv_32x32"); err == nil || err.Error() != "no kernel conv_32x32" {
			t.Errorf("want that there is no such kernel, got %v", err)
		}
		return d.close()
	})
	if err != nil {
		t.Error(err)
	}
}
