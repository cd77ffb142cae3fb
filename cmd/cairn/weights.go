package main

import "github.com/spf13/cobra"

func newWeights() *cobra.Command {
	c := &cobra.Command{
		Use:   "weights",
		Short: "Import, check, export and look into weights",
		Long: `Turns Keras's files into folders of weights and back, checks such folders, and
lists what is in .npy, .npz, .h5 and .keras files. Needs no Python.`,
	}
	c.AddCommand(newWeightsImport(), newWeightsVerify(), newWeightsExport(), newWeightsInfo())
	return c
}
