package efficientnetlite0

import (
	_ "embed" // for classes.txt
	"strings"
)

//go:embed classes.txt
var classNames string

// Classes returns the names of the 1,000 ImageNet classes in the order of the
// top's columns: the first English name of each WordNet synset, underscores for
// blanks, as in flat-coated_retriever. Cardigan is a dog, cardigan a garment.
func Classes() []string { return strings.Fields(classNames) }
