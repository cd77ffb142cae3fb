// Package stack sets backbones side by side on the same photo and puts a trained
// head on top: the whole classifier.
//
//	s, err := stack.New(resnet, densenet)          // 2,048 + 1,024 features a photo
//	features, err := s.Extract(ctx, photos, stack.Extraction{})
//	… train a head on the features …
//	c := &stack.Classifier{Stack: s, Head: h}
//	err = c.Save("dogs")
//	best, err := c.PredictFile(ctx, "rex.jpg", 5)
//
// [Stack.Stream] hands the features of each photo out as they come, for sets that
// are larger than memory.
//
// A photo is decoded once. Each member then resizes and preprocesses it as its
// own weights want, so that preprocessing can't be mixed up.
package stack
