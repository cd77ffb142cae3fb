package main

import "github.com/spf13/cobra"

func newWeights() *cobra.Command {
	c := &cobra.Command{
		Use:   "weights",
		Short: "Fetch, list, import, check, export and look into weights",
		Long: `Downloads Keras's files or takes them from a disk, turns them into folders of weights
and back, checks such folders, and lists what is in .npy, .npz, .h5 and .keras
files. Needs no Python.`,
	}
	c.AddCommand(newWeightsList(), newWeightsFetch(nil), newWeightsImport(), newWeightsVerify(), newWeightsExport(), newWeightsInfo())
	return c
}
