// Package report shows what came of a training: one HTML page that needs no
// network, with curves, scores, confusions, calibration and the photos that the
// head was most wrong about.
//
//	held, err := report.Predict(ctx, h, heldOutFeatures)
//	err = report.Report{Title: "Dogs", History: history, Held: held, Photos: photos.FS}.Write("out")
//
// It stands apart from package head so that programs that only train or predict
// do not carry the plotting.
package report
