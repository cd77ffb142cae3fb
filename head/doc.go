// Package head trains the last layers of a classifier on the features that a
// stack of backbones made of photos, as Keras does, and keeps them on disk.
//
//	h, err := head.New(head.Config{Inputs: fit.Width, Classes: fit.Classes, Dropout: 0.7})
//	…
//	for epoch, err := range h.Train(ctx, fit, held, head.Training{Callbacks: []head.Callback{
//		head.EarlyStopping{Patience: 10, RestoreBestWeights: true},
//		head.ReduceLROnPlateau{Factor: 0.5, Patience: 3, MinLR: 1e-5},
//	}}) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(epoch.N, epoch.Loss, epoch.ValAccuracy)
//	}
//
// [Head.Train] is an iterator over epochs: breaking out of the loop ends the
// training. Callbacks have Keras's options and follow Keras's rules to the last
// comparison. The same seeds give the same weights, bit for bit, whatever the
// number of cores.
package head
