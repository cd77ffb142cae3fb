package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"
)

// Options say where files go and how they are fetched. Dir is needed; the zero
// value of the others is the usual.
type Options struct {
	Dir     string // folder of what was fetched; made where missing
	Top     bool   // weights with the 1,000-class top; they serve without, too
	Offline bool   // what is not in Dir is an error, fs.ErrNotExist, instead of a download

	// Mirrors are where to look instead of at the addresses in Files, one after
	// another: folders, or http or https addresses that the name of a file, after
	// a slash, is added to.
	Mirrors []string
	Files   []File // what there is to fetch; nil = Keras()

	Client   *http.Client   // nil = one without proxy
	Attempts int            // tries in a row that bring no byte, after which a server is given up; 0 = 5
	Stall    time.Duration  // time without a byte that ends a try; 0 = 30 s
	Progress func(Progress) // called often, from the caller's goroutine; nil = not at all

	pause time.Duration // after the first failed try; 0 = 1 s
}

// Progress is what a fetch is doing.
type Progress struct {
	Step        Step
	File        string        // its name
	From        string        // address, or path in a folder
	Done, Total int64         // bytes of Load and Check; Total is 0 where not known
	Err         error         // of Retry: why the try ended
	Pause       time.Duration // of Retry: time until the next try
}

// Step is a step of a fetch.
type Step uint8

// The steps.
const (
	Wait    Step = iota // another process is fetching the same
	Load                // bytes arrive
	Retry               // a try has ended early, another follows
	Check               // the hash is computed
	Convert             // the file becomes a weight folder
)

// fill replaces zeros by defaults.
func (o Options) fill() (Options, error) {
	if o.Dir == "" {
		return o, errors.New("no folder given, Options.Dir")
	}
	if o.Attempts < 0 || o.Stall < 0 {
		return o, fmt.Errorf("attempts, stall: want 0 or above, got %d and %v", o.Attempts, o.Stall)
	}
	if o.Attempts == 0 {
		o.Attempts = 5
	}
	if o.Stall == 0 {
		o.Stall = 30 * time.Second
	}
	if o.pause == 0 {
		o.pause = time.Second
	}
	if o.Files == nil {
		o.Files = Keras()
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o, nil
}

// file finds what there is for a model.
func (o Options) file(model string, top bool) (File, error) {
	i := slices.IndexFunc(o.Files, func(f File) bool { return f.Model == model && f.Top == top })
	if i < 0 {
		return File{}, errors.New("there is no address for it")
	}
	return o.Files[i], o.Files[i].check()
}

// newClient returns a client that reads nothing from the environment. How long
// things may take is up to Options.Stall.
func newClient() *http.Client {
	dialer := &net.Dialer{KeepAlive: 15 * time.Second}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, ForceAttemptHTTP2: true}}
}
