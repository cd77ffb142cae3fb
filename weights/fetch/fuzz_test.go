package fetch

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// roundTrip is a network without one.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Whatever a server answers and whatever lies in the folder, a file has its final
// name only with the right content.
func FuzzAnswers(f *testing.F) {
	content := classIndex("class")
	f.Add(200, "", "", int64(len(content)), content, []byte(nil), []byte(nil))
	f.Add(206, "bytes 5-9/10", `"a"`, int64(5), []byte("56789"), []byte("01234"), []byte(`{"address":"http://h/i.json","validator":"\"a\"","total":10}`))
	f.Add(206, "bytes 100-/*", "", int64(-1), content[100:], content[:100], []byte("{"))
	f.Add(416, "bytes */10", "", int64(0), []byte(nil), []byte("0123456789"), []byte("{}"))
	f.Add(416, "", "W/\"a\"", int64(0), []byte(nil), content, []byte(`{"total":-1}`))
	f.Add(503, "bytes -1-/9223372036854775808", "", int64(1)<<40, []byte("x"), []byte("y"), []byte(nil))
	f.Fuzz(func(t *testing.T, status int, span, tag string, length int64, body, part, origin []byte) {
		if status < 100 || status > 999 {
			return
		}
		client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				Status: http.StatusText(status), StatusCode: status, ContentLength: length, Request: r,
				Header: http.Header{"Content-Range": {span}, "Etag": {tag}}, Body: io.NopCloser(bytes.NewReader(body)),
			}, nil
		})}
		o := Options{
			Dir: t.TempDir(), Client: client, Attempts: 2, pause: 1,
			Files: []File{{Model: ClassIndex, Address: "http://h/i.json", Hash: md5Of(content)}},
		}
		for name, b := range map[string][]byte{"i.json.part": part, "i.json.part.json": origin} {
			if err := os.WriteFile(filepath.Join(o.Dir, name), b, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Classes(t.Context(), o)
		got, readErr := os.ReadFile(filepath.Join(o.Dir, ClassIndex+".json"))
		if err == nil != (readErr == nil) || err == nil && !bytes.Equal(got, content) {
			t.Fatalf("%v, but the file is: %v", err, readErr)
		}
	})
}
