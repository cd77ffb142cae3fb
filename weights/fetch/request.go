package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	maxSize  = 4 << 30 // bytes of a file whose size is not known before
	maxPause = time.Minute
)

var errStalled = errors.New("the server sends nothing")

// request asks once for the bytes that the part lacks and appends them. A
// *temporary error may pass; the part keeps what has arrived.
func (d *download) request(ctx context.Context) error {
	p := d.part
	if p.complete(d.f) {
		return nil
	}
	if d.f.Size > 0 && p.size > d.f.Size { // not of this file
		if err := p.restart(origin{}); err != nil {
			return &diskError{err}
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(d.o.Stall, func() {
		cancel(&temporary{err: fmt.Errorf("%w for %v", errStalled, d.o.Stall)})
	})
	defer stall.Stop()

	req, err := d.newRequest(ctx)
	if err != nil {
		return err
	}
	resp, err := d.client.Do(req)
	if err != nil {
		return failure(ctx, err)
	}
	defer resp.Body.Close()
	if err := d.begin(resp); err != nil || resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		return err
	}
	total := p.origin.Total
	limit := total
	if limit == 0 {
		limit = maxSize
	}
	d.report()
	err = d.copy(ctx, io.LimitReader(resp.Body, limit-p.size), func() { stall.Reset(d.o.Stall) })
	var disk *diskError
	switch {
	case errors.As(err, &disk):
		return err
	case err != nil:
		return failure(ctx, err)
	case total > 0 && p.size < total:
		return &temporary{err: fmt.Errorf("ended after %d of %d bytes", p.size, total)}
	case d.f.Size > 0 && p.size != d.f.Size:
		return wrongSize(d.f.Size, p.size)
	}
	return nil
}

// newRequest asks for what the part lacks. If-Range has the server send all if
// its file is not the one that the part is of.
func (d *download) newRequest(ctx context.Context) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.source, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", "cairn")
	if p := d.part; p.size > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", p.size))
		if p.origin.Validator != "" && p.origin.Address == shown(d.source) {
			req.Header.Set("If-Range", p.origin.Validator)
		}
	}
	return req, nil
}

// begin looks at the header of an answer and has the part ready for its body.
func (d *download) begin(resp *http.Response) error {
	p := d.part
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return fmt.Errorf("want the file as it is, got Content-Encoding %q", coding)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		if d.f.Size > 0 && resp.ContentLength >= 0 && resp.ContentLength != d.f.Size {
			return wrongSize(d.f.Size, resp.ContentLength)
		}
		if resp.ContentLength > maxSize {
			return fmt.Errorf("want %d bytes at most, the file has %d", int64(maxSize), resp.ContentLength)
		}
		if err := p.restart(originOf(shown(d.source), resp)); err != nil {
			return &diskError{err}
		}
		return nil
	case code == http.StatusPartialContent:
		first, total, err := contentRange(resp.Header.Get("Content-Range"))
		if err != nil {
			return err
		}
		known := d.f.Size
		if known == 0 {
			known = p.origin.Total
		}
		if first != p.size || known > 0 && total > 0 && total != known {
			return d.startOver(fmt.Errorf("want bytes from %d of %d on, got those from %d of %d on", p.size, known, first, total))
		}
		if p.origin.Total == 0 {
			p.origin.Total = total
		}
		return nil
	case code == http.StatusRequestedRangeNotSatisfiable && p.size > 0:
		if _, total, err := contentRange(resp.Header.Get("Content-Range")); err == nil && total == p.size && (d.f.Size == 0 || d.f.Size == total) {
			return nil // it was complete
		}
		return d.startOver(errors.New(resp.Status))
	case code == http.StatusRequestTimeout || code == http.StatusTooManyRequests || code >= 500:
		return &temporary{errors.New(resp.Status), retryAfter(resp.Header.Get("Retry-After"))}
	}
	return errors.New(resp.Status)
}

// startOver drops bytes that the server cannot continue.
func (d *download) startOver(why error) error {
	if err := d.part.restart(origin{}); err != nil {
		return &diskError{err}
	}
	return &temporary{err: why}
}

func wrongSize(want, got int64) error {
	return fmt.Errorf("want %d bytes, the file has %d", want, got)
}

// originOf reads what identifies the version of a file. Weak ETags are not for
// ranges.
func originOf(address string, resp *http.Response) origin {
	o := origin{Address: address, Total: max(0, resp.ContentLength)}
	if tag := resp.Header.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		o.Validator = tag
	} else {
		o.Validator = resp.Header.Get("Last-Modified")
	}
	return o
}

// contentRange reads "bytes FIRST-LAST/TOTAL" and "bytes */TOTAL"; a total of *
// is 0.
func contentRange(header string) (first, total int64, err error) {
	bad := fmt.Errorf("bad Content-Range %q", header)
	span, whole, ok := strings.Cut(strings.TrimPrefix(header, "bytes "), "/")
	if !ok || !strings.HasPrefix(header, "bytes ") {
		return 0, 0, bad
	}
	if whole != "*" {
		if total, err = strconv.ParseInt(whole, 10, 64); err != nil || total < 0 {
			return 0, 0, bad
		}
	}
	if span == "*" {
		return 0, total, nil
	}
	from, _, ok := strings.Cut(span, "-")
	if first, err = strconv.ParseInt(from, 10, 64); !ok || err != nil || first < 0 {
		return 0, 0, bad
	}
	return first, total, nil
}

// retryAfter reads seconds or a date.
func retryAfter(header string) time.Duration {
	pause := time.Duration(0)
	if seconds, err := strconv.Atoi(header); err == nil {
		pause = time.Duration(min(seconds, 3600)) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		pause = time.Until(at)
	}
	return max(0, min(pause, maxPause))
}

// failure says why a connection has ended: the stall, the caller, or the network.
// All may pass but certificates and addresses that cannot be.
func failure(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var u *url.Error
	if errors.As(err, &u) { // it repeats the address
		err = u.Err
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) || u != nil && strings.Contains(err.Error(), "unsupported protocol scheme") {
		return err
	}
	return &temporary{err: err}
}
