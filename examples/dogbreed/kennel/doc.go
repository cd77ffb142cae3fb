// Package kennel draws photos of dogs of twelve invented breeds, so that a
// classifier of dog breeds can be tried without any data.
//
// [Write] makes a folder in the layout of Kaggle's dog breed competition: a
// labels.csv and JPEG photos under train. Every dog is built anew: a skeleton
// of balls and links in three dimensions takes a pose, the camera looks at it,
// and its coat is painted where the eye meets it. Within a breed change the
// pose, the view, the coat's colours, the place, the light and the camera; what
// stays are ears, tail, hair, marks and build, a row of the table in breeds.go.
// Breeds share their colours and places, so the mean colours of a photo tell
// little about its breed.
//
// Equal seeds give equal files, however many cores draw them. On another
// processor architecture single pixels may differ by rounding.
package kennel
