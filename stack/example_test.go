package stack_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"log"

	"github.com/cairnml/cairn/backbones"
	"github.com/cairnml/cairn/data"
	"github.com/cairnml/cairn/stack"
	"github.com/cairnml/cairn/weights"
)

// A record is a row of somebody's database.
type record struct {
	key   string
	class int
	photo []byte
}

// fromDatabase makes a source of a database. Photos are fetched when their turn
// comes, several at a time.
func fromDatabase(records []record, fetch func(ctx context.Context, key string) ([]byte, error)) data.Source {
	return data.Source{
		Photos: func(yield func(data.Photo, error) bool) {
			for _, r := range records {
				if !yield(data.Photo{File: r.key, Class: r.class}, nil) {
					return
				}
			}
		},
		Read: func(ctx context.Context, p data.Photo) ([]byte, error) { return fetch(ctx, p.File) },
	}
}

// Photos from a source of one's own: a database, object storage.
func ExampleStack_Stream() {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		log.Fatal(err)
	}
	records := []record{{"2024/rex", 1, file.Bytes()}, {"2025/bella", 0, file.Bytes()}, {"2025/old", 0, []byte("damaged")}}
	source := fromDatabase(records, func(_ context.Context, key string) ([]byte, error) {
		for _, r := range records {
			if r.key == key {
				return r.photo, nil
			}
		}
		return nil, fmt.Errorf("no photo %s", key)
	})

	b, err := backbones.New(backbones.EfficientNetLite0(), weights.Random(1), backbones.Config{InputSize: 32})
	if err != nil {
		log.Fatal(err)
	}
	s, err := stack.New(b)
	if err != nil {
		log.Fatal(err)
	}
	e := stack.Extraction{SkipBad: func(bad *stack.PhotoError) { fmt.Println("left out:", bad.Photo.File) }}
	for row, err := range s.Stream(context.Background(), source, e) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: class %d, %d features\n", row.Photo.File, row.Photo.Class, len(row.Features))
	}
	// Output:
	// 2024/rex: class 1, 1280 features
	// 2025/bella: class 0, 1280 features
	// left out: 2025/old
}
