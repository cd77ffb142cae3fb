package fetch

import (
	"crypto/md5" // the hash that Keras publishes
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/url"
	"path"
	"path/filepath"
	"strings"
)

// ClassIndex is the [File.Model] of Keras's names of the ImageNet classes.
const ClassIndex = "imagenet_class_index"

// File is a file of weights, or of class names, of known content.
type File struct {
	Model   string // name of the backbone, or ClassIndex
	Top     bool   // with the 1,000-class top
	Address string // http or https
	Hash    string // of the content, hexadecimal: MD5 (32 digits) or SHA-256 (64)
	Size    int64  // bytes; 0 where not known
}

// Keras lists the files of keras.applications for the backbones of cairn, with
// the hashes that Keras checks, and its class index.
func Keras() []File {
	const base = "https://storage.googleapis.com/tensorflow/keras-applications/"
	var list []File
	for _, m := range []struct {
		folder, model, topMD5 string
		topSize               int64
		md5                   string
		size                  int64
	}{
		{"resnet", "resnet50v2", "3ef43a0b657b3be2300d5770ece849e0", 0, "fac2f116257151a9d068a22e544a4917", 94_668_760},
		{"resnet", "resnet101v2", "6343647c601c52e1368623803854d971", 0, "c0ed64b8031c3730f411d2eb4eea35b5", 171_317_808},
		{"resnet", "resnet152v2", "a49b44d1979771252814e80f8ec446f9", 0, "ed17cf2e0169df9d443503ef94b23b33", 234_545_216},
		{"densenet", "densenet121", "9d60b8095a5708f2dcce2bca79d332c7", 0, "30ee3e1110167f948a6b9946edeeb738", 29_084_464},
		{"densenet", "densenet169", "d699b8f76981ab1b30698df4c175e90b", 0, "b8c4d4c20dd625c148057b9ff1c1176b", 51_877_672},
		{"densenet", "densenet201", "1ceb130c1ea1b78c3bf6114dbdfd8807", 0, "c13680b51ded0fb44dff2d8f86ac8bb1", 74_836_368},
		{"vgg16", "vgg16", "64373286793e3c8b2b4e3219cbf3544b", 553_467_096, "6d6bbae143d832006294945121d1f1fc", 58_889_256},
		{"vgg19", "vgg19", "cbe5617147190e668d6c5d5026f83318", 574_710_816, "253f8cb515780f3b799900260a226db6", 80_134_624},
	} {
		name := base + m.folder + "/" + m.model + "_weights_tf_dim_ordering_tf_kernels"
		list = append(list,
			File{Model: m.model, Address: name + "_notop.h5", Hash: m.md5, Size: m.size},
			File{Model: m.model, Top: true, Address: name + ".h5", Hash: m.topMD5, Size: m.topSize})
	}
	return append(list, File{
		Model:   ClassIndex,
		Address: "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",
		Hash:    "c2c37ea517e94d9795004a39431a14cb",
	})
}

// Name is the name of the file on its server, and in a folder that is a mirror;
// "" if the address has none.
func (f File) Name() string {
	u, err := url.Parse(f.Address)
	if err != nil || strings.HasSuffix(u.Path, "/") {
		return ""
	}
	return path.Base(u.Path)
}

// check refuses what cannot be fetched safely.
func (f File) check() error {
	u, err := url.Parse(f.Address)
	if err == nil && u.Scheme != "http" && u.Scheme != "https" {
		err = fmt.Errorf("want http or https, got %q", f.Address)
	}
	if name := f.Name(); err == nil && (name == "." || !filepath.IsLocal(name) || strings.ContainsAny(name, `\/:`)) {
		err = fmt.Errorf("want one that ends in the name of a file, got %q", f.Address)
	}
	if err != nil {
		return fmt.Errorf("address: %w", err)
	}
	_, err = f.hasher()
	return err
}

// hasher returns the hash function that Hash is of.
func (f File) hasher() (hash.Hash, error) {
	if raw, err := hex.DecodeString(f.Hash); err == nil {
		switch len(raw) {
		case md5.Size:
			return md5.New(), nil
		case sha256.Size:
			return sha256.New(), nil
		}
	}
	return nil, fmt.Errorf("hash: want 32 or 64 hexadecimal digits, got %.100q", f.Hash)
}

// algorithm names the hash for people.
func (f File) algorithm() string {
	if len(f.Hash) == 2*md5.Size {
		return "MD5"
	}
	return "SHA-256"
}
