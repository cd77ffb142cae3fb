package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cairnml/cairn/head/report"
)

func newReport() *cobra.Command {
	var photos string
	c := &cobra.Command{
		Use:   "report DIR",
		Short: "Write the report of a training again",
		Long: `Makes report.html and its charts again from history.json and held_out.csv in DIR,
where cairn train left them (history.json may also be Keras's). With --photos the
photos that the head was most wrong about are shown.`,
		Example: "  cairn report dogs-classifier --photos dogs",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			r, err := report.Read(args[0])
			if err != nil {
				return err
			}
			if photos != "" {
				set, err := openPhotos(photos)
				if err != nil {
					return err
				}
				r.Photos = set.FS
			}
			if err := r.Write(args[0]); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), filepath.Join(args[0], "report.html"))
			return err
		},
	}
	c.Flags().StringVar(&photos, "photos", "", "folder of the photos")
	return c
}
