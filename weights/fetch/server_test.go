package fetch

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// server is one that can do what servers and networks do wrong.
type server struct {
	*httptest.Server
	answers []int // status codes before all goes well
	cuts    []int // bytes of the body after which a connection is cut, one a request
	noRange bool
	weak    bool // ETags are weak

	mu       sync.Mutex
	content  []byte
	requests []*http.Request
	served   int
}

const piece = 16 << 10

// newServer serves content under every path.
func newServer(t *testing.T, content []byte) *server {
	s := &server{content: content}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r)
	content, status, cut := s.content, 0, -1
	if len(s.answers) > 0 {
		status, s.answers = s.answers[0], s.answers[1:]
	} else if len(s.cuts) > 0 {
		cut, s.cuts = s.cuts[0], s.cuts[1:]
	}
	s.mu.Unlock()
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	tag := fmt.Sprintf(`"%d-%d"`, len(content), content[0])
	if s.weak {
		tag = "W/" + tag
	}
	w.Header().Set("ETag", tag)
	if s.noRange {
		r.Header.Del("Range")
	}
	http.ServeContent(&counted{w, s, cut}, r, "", time.Time{}, bytes.NewReader(content))
}

// counted counts what is written and cuts the connection.
type counted struct {
	http.ResponseWriter
	s    *server
	left int // bytes until the cut; negative = none
}

func (p *counted) Write(b []byte) (int, error) {
	done := 0
	for done < len(b) {
		n := min(piece, len(b)-done)
		if p.left >= 0 {
			if n = min(n, p.left); n == 0 {
				panic(http.ErrAbortHandler)
			}
			p.left -= n
		}
		p.s.mu.Lock()
		p.s.served += n // before a client can have ended with them
		p.s.mu.Unlock()
		n, err := p.ResponseWriter.Write(b[done : done+n])
		done += n
		if err != nil {
			return done, err
		}
		p.ResponseWriter.(http.Flusher).Flush()
	}
	return done, nil
}

// counts are the requests and bytes so far.
func (s *server) counts() (requests, served int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests), s.served
}

// header is that of one of the requests, negative from the end.
func (s *server) header(i int) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i < 0 {
		i += len(s.requests)
	}
	return s.requests[i].Header
}
