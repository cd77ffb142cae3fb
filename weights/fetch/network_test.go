package fetch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Connections are cut at ten random points; each continues where the last ended.
func TestCutConnections(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 10 {
		s.cuts = append(s.cuts, 1+rng.IntN(len(content)/10))
	}
	o := smallOptions(t, s.URL)
	var seen steps
	o.Progress = seen.add
	fetchSmall(t, o)
	if n, served := s.counts(); n != 11 || served != len(content) {
		t.Errorf("want 11 requests of %d bytes in all, got %d of %d", len(content), n, served)
	}
	if seen.count(Retry) != 10 {
		t.Errorf("want 10 retries, got %d", seen.count(Retry))
	}
	if h := s.header(-1); !strings.HasPrefix(h.Get("Range"), "bytes=") || h.Get("If-Range") == "" {
		t.Errorf("last request: got %v", h)
	}
}

// Weak ETags say nothing about bytes: ranges go without, and the hash decides.
func TestWeakETag(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	s.weak, s.cuts = true, []int{len(content) / 2}
	fetchSmall(t, smallOptions(t, s.URL))
	if h := s.header(-1); h.Get("Range") == "" || h.Get("If-Range") != "" {
		t.Errorf("got %v", h)
	}
}

func TestNoRange(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	s.noRange, s.cuts = true, []int{len(content) / 2, len(content) / 3}
	fetchSmall(t, smallOptions(t, s.URL))
	if n, served := s.counts(); n != 3 || served != len(content)+len(content)/2+len(content)/3 {
		t.Errorf("want three requests, each from the start, got %d with %d bytes", n, served)
	}
}

// A file that changes between two requests comes whole.
func TestChangedFile(t *testing.T) {
	content := smallContent(t)
	other := append([]byte{1}, content[1:]...)
	s := newServer(t, other)
	s.cuts = []int{len(content) / 2}
	o := smallOptions(t, s.URL)
	o.Progress = func(p Progress) {
		if p.Step == Retry {
			s.mu.Lock()
			s.content = content
			s.mu.Unlock()
		}
	}
	fetchSmall(t, o)
	if n, _ := s.counts(); n != 2 {
		t.Errorf("want 2 requests, got %d", n)
	}
}

func TestWrongHash(t *testing.T) {
	content := smallContent(t)
	other := append([]byte{1}, content[1:]...)
	s := newServer(t, other)
	o := smallOptions(t, s.URL)
	failSmall(t, o, o.Files[0].Address, "want MD5 "+md5Of(content), "got "+md5Of(other), "cairn weights import FILE.h5 --model small", "mirror")
	checkFiles(t, o.Dir, ".small.lock")
	if n, _ := s.counts(); n != 1 {
		t.Errorf("want one request, got %d", n)
	}
}

// Bytes of another file, from before, cost one more download.
func TestWrongPart(t *testing.T) {
	content := smallContent(t)
	for name, junk := range map[string][]byte{
		"short": make([]byte, len(content)/3),
		"whole": make([]byte, len(content)),
		"long":  make([]byte, len(content)+1),
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, content)
			o := smallOptions(t, s.URL)
			if err := os.Mkdir(o.Dir, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(o.Dir, smallFile+".part"), junk, 0o666); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(o.Dir, smallFile+".part.json"), []byte("no json"), 0o666); err != nil {
				t.Fatal(err)
			}
			fetchSmall(t, o)
		})
	}
}

// A whole part needs no server, and one of unknown size no bytes.
func TestWholePart(t *testing.T) {
	content := smallContent(t)
	for _, size := range []int64{int64(len(content)), 0} {
		s := newServer(t, content)
		o := smallOptions(t, s.URL)
		o.Files[0].Size = size
		if err := os.Mkdir(o.Dir, 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(o.Dir, smallFile+".part"), content, 0o666); err != nil {
			t.Fatal(err)
		}
		fetchSmall(t, o)
		if _, served := s.counts(); served > 100 { // the text of status 416
			t.Errorf("size %d: got %d bytes", size, served)
		}
	}
}

// A body that ends early is an error; which one depends on what is known.
func TestShortBody(t *testing.T) {
	content := smallContent(t)
	half := len(content) / 2
	short := newServer(t, content[:half])
	o := smallOptions(t, short.URL)
	failSmall(t, o, fmt.Sprintf("want %d bytes, the file has %d", len(content), half))
	checkFiles(t, o.Dir, ".small.lock")
	o.Files[0].Size = 0
	failSmall(t, o, "want MD5")
	checkFiles(t, o.Dir, ".small.lock")

	cut := newServer(t, content)
	cut.noRange, cut.cuts = true, []int{half, half, half, half, half, half, half, half}
	o = smallOptions(t, cut.URL)
	o.Attempts = 3
	failSmall(t, o, "3 tries", cut.URL)
	if n, _ := cut.counts(); n != 3 {
		t.Errorf("want 3 requests, got %d", n)
	}

	// Chunked, without a length: a size that is known still counts.
	chunked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = w.Write(content[:half])
	}))
	defer chunked.Close()
	failSmall(t, smallOptions(t, chunked.URL), fmt.Sprintf("want %d bytes", len(content)))
}

func TestStatus(t *testing.T) {
	content := smallContent(t)
	for _, c := range []struct {
		answers  []int
		requests int
		want     string // "" = it works out
	}{
		{[]int{404}, 1, "404 Not Found"},
		{[]int{403}, 1, "403 Forbidden"},
		{[]int{416}, 1, "416"},
		{[]int{503, 503}, 3, ""},
		{[]int{429, 500, 408}, 4, ""},
		{[]int{500, 500, 500, 500, 500}, 5, "5 tries: 500"},
	} {
		t.Run(fmt.Sprint(c.answers), func(t *testing.T) {
			s := newServer(t, content)
			s.answers = c.answers
			o := smallOptions(t, s.URL)
			if c.want == "" {
				fetchSmall(t, o)
			} else {
				failSmall(t, o, c.want, o.Files[0].Address)
				checkFiles(t, o.Dir, ".small.lock")
			}
			if n, _ := s.counts(); n != c.requests {
				t.Errorf("want %d requests, got %d", c.requests, n)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	content, asked := smallContent(t), false
	s := newServer(t, content)
	busy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !asked {
			asked = true
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		s.ServeHTTP(w, r)
	}))
	defer busy.Close()
	o := smallOptions(t, busy.URL)
	var seen steps
	o.Progress = seen.add
	begin := time.Now()
	fetchSmall(t, o)
	if i := seen.last(Retry); i < 0 || seen[i].Pause != time.Second || time.Since(begin) < time.Second {
		t.Errorf("want a pause of a second, got %v", seen)
	}
	for header, want := range map[string]time.Duration{"": 0, "x": 0, "-3": 0, "7": 7 * time.Second, "99999999999999999999": 0, "86400": maxPause,
		time.Now().Add(time.Hour).UTC().Format(http.TimeFormat): maxPause, "Mon, 02 Jan 2006 15:04:05 GMT": 0} {
		if got := retryAfter(header); got != want {
			t.Errorf("%q: want %v, got %v", header, want, got)
		}
	}
}

func TestRedirect(t *testing.T) {
	content := smallContent(t)
	s := newServer(t, content)
	s.cuts = []int{len(content) / 2}
	from := httptest.NewServer(http.RedirectHandler(s.URL+"/elsewhere", http.StatusFound))
	defer from.Close()
	fetchSmall(t, smallOptions(t, from.URL))
	if n, served := s.counts(); n != 2 || served != len(content) {
		t.Errorf("want the rest of a redirected file, got %d requests of %d bytes", n, served)
	}
	loop := httptest.NewServer(nil)
	defer loop.Close()
	loop.Config.Handler = http.RedirectHandler(loop.URL+"/"+smallFile, http.StatusFound)
	o := smallOptions(t, loop.URL)
	o.Attempts = 2
	failSmall(t, o, "redirects")
}

// A server that sends half and then nothing is asked again.
func TestStall(t *testing.T) {
	content, asked := smallContent(t), 0
	s := newServer(t, content)
	stuck := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch asked {
		case 1: // not even a header
			<-r.Context().Done()
		case 2:
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write(content[:len(content)/2])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			s.ServeHTTP(w, r)
		}
	}))
	defer stuck.Close()
	o := smallOptions(t, stuck.URL)
	o.Stall = 500 * time.Millisecond
	var seen steps
	o.Progress = seen.add
	fetchSmall(t, o)
	if i := seen.last(Retry); seen.count(Retry) < 2 || !errors.Is(seen[i].Err, errStalled) {
		t.Errorf("want two stalls, got %v", seen)
	}
	if _, served := s.counts(); seen.count(Retry) == 2 && served != len(content)-len(content)/2 {
		t.Errorf("want the second half, got %d bytes", served)
	}
}

func TestContentEncoding(t *testing.T) {
	squeezed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("squeezed"))
	}))
	defer squeezed.Close()
	failSmall(t, smallOptions(t, squeezed.URL), "gzip")
}

func TestNobodyListens(t *testing.T) {
	s := newServer(t, smallContent(t))
	o := smallOptions(t, s.URL)
	s.Close()
	o.Attempts = 2
	failSmall(t, o, "2 tries", s.URL, "refused", "without a network")
	checkFiles(t, o.Dir, ".small.lock")
}

// Keras's addresses are not asked where there are mirrors.
func TestMirrors(t *testing.T) {
	content := smallContent(t)
	origin, mirror := newServer(t, content), newServer(t, content)
	mirror.answers = []int{404}
	folder, empty := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, smallFile), content, 0o666); err != nil {
		t.Fatal(err)
	}
	o := smallOptions(t, origin.URL)
	o.Mirrors = []string{empty, mirror.URL + "/a"}
	failSmall(t, o, filepath.Join(empty, smallFile)+": no such file", mirror.URL+"/a/"+smallFile+": 404")
	fetchSmall(t, o)

	var seen steps
	o.Dir, o.Mirrors, o.Progress = filepath.Join(t.TempDir(), "new", "cache"), []string{folder}, seen.add
	fetchSmall(t, o)
	if seen[0].Step != Load || seen[0].Done != 0 {
		t.Errorf("a copy begins with %+v", seen[0])
	}
	if n, _ := origin.counts(); n != 0 {
		t.Errorf("want no request to the address of the table, got %d", n)
	}

	if err := os.WriteFile(filepath.Join(empty, smallFile), content[1:], 0o666); err != nil {
		t.Fatal(err)
	}
	o.Dir, o.Mirrors = t.TempDir(), []string{empty}
	failSmall(t, o, "bytes")
	o.Files[0].Size = 0
	failSmall(t, o, "want MD5")
	o.Mirrors = []string{filepath.Join(folder, smallFile)} // not a folder
	failSmall(t, o, "not a directory")
}

// A password is sent, but neither printed nor written.
func TestPassword(t *testing.T) {
	s := newServer(t, smallContent(t))
	s.answers = []int{401}
	o := smallOptions(t, s.URL)
	o.Mirrors = []string{strings.Replace(s.URL, "http://", "http://me:secret@", 1)}
	if err := failSmall(t, o, "me:xxxxx@", "401"); strings.Contains(err.Error(), "secret") {
		t.Errorf("the error has the password: %v", err)
	}
	o.Progress = func(p Progress) {
		if strings.Contains(p.From, "secret") {
			t.Errorf("%+v", p)
		}
	}
	fetchSmall(t, o)
	if s.header(-1).Get("Authorization") == "" {
		t.Error("want the password sent")
	}
	raw, err := os.ReadFile(filepath.Join(o.Dir, "small", "manifest.json"))
	if err != nil || strings.Contains(string(raw), "secret") {
		t.Errorf("the manifest has the password, or %v", err)
	}
}
