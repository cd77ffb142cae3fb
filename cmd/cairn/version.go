package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/internal/kernel"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version, Go, system and the kernel that auto means here",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			team, err := kernel.NewTeam(kernel.TeamConfig{Threads: 1})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "cairn %s, %s %s/%s, kernel %v\n",
				version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, team.Implementation())
			return err
		},
	}
}

// version is the module's as the build knows it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}
