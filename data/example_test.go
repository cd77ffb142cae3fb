package data_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log"
	"testing/fstest"

	"github.com/cairnml/cairn/data"
)

// A photo goes to a network: decoded once, then resized and preprocessed as each
// backbone of a stack wants it.
func Example() {
	photo, err := data.ReadImage(folder(), "dingo/1.png")
	if err != nil {
		log.Fatal(err)
	}
	small := photo.Resize(2, 2, data.Nearest)
	x := make([]float32, len(small.Pix))
	for _, by := range []data.Preprocess{data.TF, data.Caffe} {
		by.Apply(x, small)
		fmt.Printf("%-5s %7.3f\n", by.Name, x[:3])
	}
	// Output:
	// tf    [  0.569   0.176  -0.529]
	// caffe [-43.939  33.221  76.320]
}

func ExampleOpenFolder() {
	set, err := data.OpenFolder(folder())
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range set.Photos {
		fmt.Println(p.File, "is a", set.Classes[p.Class])
	}
	// Output:
	// bluetick/1.png is a bluetick
	// dingo/1.png is a dingo
	// bluetick/2.png is a bluetick
	// dingo/2.png is a dingo
}

func ExampleOpenCSV() {
	fsys := fstest.MapFS{
		"labels.csv":    {Data: []byte("id,breed\n007,dingo\n042,bluetick\n")},
		"train/007.jpg": {},
		"train/042.jpg": {},
	}
	set, err := data.OpenCSV(fsys, "labels.csv", "train")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Classes, set.Photos)
	dingo, err := set.ClassOf("dingo")
	fmt.Println(dingo, err)
	// Output:
	// [bluetick dingo] [{train/007.jpg 1} {train/042.jpg 0}]
	// 1 <nil>
}

func ExampleFeatures_Split() {
	features := &data.Features{
		X:       []float32{1, 2, 3, 4, 5, 6, 7, 8},
		Width:   2,
		Labels:  []int{0, 1, 0, 1},
		Classes: []string{"bluetick", "dingo"},
	}
	fit, held, err := features.Split(0.25)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fit.Len(), held.Len(), held.Row(0), held.Labels)
	// Output: 3 1 [7 8] [1]
}

func ExampleOneHot() {
	fmt.Println(data.OneHot([]int{1, 0}, 3))
	// Output: [0 1 0 1 0 0]
}

// folder holds two photos each of two breeds.
func folder() fstest.MapFS {
	photo := image.NewNRGBA(image.Rect(0, 0, 3, 3))
	for i := range 9 {
		photo.Set(i%3, i/3, color.NRGBA{200, 150, 60, 255})
	}
	var file bytes.Buffer
	if err := png.Encode(&file, photo); err != nil {
		log.Fatal(err)
	}
	fsys := fstest.MapFS{}
	for _, name := range []string{"bluetick/1.png", "bluetick/2.png", "dingo/1.png", "dingo/2.png"} {
		fsys[name] = &fstest.MapFile{Data: file.Bytes()}
	}
	return fsys
}
