package weights_test

import (
	"fmt"
	"log"
	"os"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/weights"
)

// A backbone on the file that Keras itself downloads.
func ExampleOpenH5() {
	f, err := os.Open("resnet50v2_weights_tf_dim_ordering_tf_kernels_notop.h5")
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		log.Fatal(err)
	}
	h5, err := weights.OpenH5(f, info.Size())
	if err != nil {
		log.Fatal(err)
	}

	spec := backbones.ResNet50V2()
	list, err := spec.Parameters(backbones.Config{})
	if err != nil {
		log.Fatal(err)
	}
	params, err := h5.Match(list)
	if err != nil {
		log.Fatal(err)
	}

	b, err := backbones.New(spec, params, backbones.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()
	fmt.Println(b.Name(), b.Features())
}
