//go:build linux

// Command init is the first process of the emulated machine: it runs a program, says
// on the serial line how that ended, and waits for the end of the emulation.
//
// The program is /program, its arguments are the lines of /arguments.
package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

func main() {
	if err := boot(); err != nil {
		panic(err)
	}
	serial, err := os.OpenFile("/dev/ttyS0", os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	if err := run(serial); err != nil {
		fmt.Fprintln(serial, "\ncairn: failed:", err)
	} else {
		fmt.Fprintln(serial, "\ncairn: passed")
	}
	for { // a machine without its first process panics
		time.Sleep(time.Hour)
	}
}

// boot makes the folders that programs expect.
func boot() error {
	for _, dir := range []string{"/proc", "/dev", "/tmp"} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	if err := syscall.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	if err := syscall.Mount("dev", "/dev", "devtmpfs", 0, ""); err != nil {
		return fmt.Errorf("mounting /dev: %w", err)
	}
	return nil
}

func run(serial *os.File) error {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return err
	}
	for _, flag := range []string{"avx2", "fma", "avx512f", "avx512bw", "avx512dq", "avx512vl"} {
		if !bytes.Contains(info, []byte(" "+flag+" ")) {
			return fmt.Errorf("want a CPU and system with %s, got\n%s", flag, info)
		}
	}
	arguments, err := os.ReadFile("/arguments")
	if err != nil {
		return err
	}
	start := time.Now()
	c := exec.Command("/program", strings.Split(strings.TrimSpace(string(arguments)), "\n")...)
	c.Dir, c.Stdout, c.Stderr = "/tmp", serial, serial
	c.Env = []string{"HOME=/tmp", "GOMAXPROCS=2"}
	err = c.Run()
	fmt.Fprintf(serial, "cairn: %.1f s on the machine's clock\n", time.Since(start).Seconds())
	return err
}
