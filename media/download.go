package media

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"syscall"
	"time"
)

const (
	userAgent = "caddy-codex-responses"

	// accept leaves out what providers do not take: servers that negotiate would send it.
	accept = "image/jpeg, image/png, image/webp, image/gif, application/pdf, */*;q=0.1"

	maxRedirects = 3
	headerBytes  = 64 << 10
	idleTimeout  = 30 * time.Second
)

// newClient makes a client that keeps no cookies and uses no proxy, whatever the environment says: a proxy would look names up itself,
// and the check of addresses would see the proxy's alone.
func newClient(dialer *net.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			DisableCompression:     true,
			TLSHandshakeTimeout:    dialer.Timeout,
			MaxResponseHeaderBytes: headerBytes,
			MaxIdleConns:           inAll,
			IdleConnTimeout:        idleTimeout,
		},
		CheckRedirect: followed,
	}
}

// followed decides whether a redirection is followed.
func followed(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return refusal("redirects more than " + strconv.Itoa(maxRedirects) + " times")
	}
	if why := refused(req.URL); why != "" {
		return refusal("redirects to a URL that " + why)
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return refusal("redirects from https to " + req.URL.Scheme + "; allowed is https to https")
	}
	req.Header.Del("Referer") // the URL before, with its query
	return nil
}

// download fetches a document for all who wait for it, and keeps what comes of it. It has a context of its own, so that one of them
// may leave.
func (f *Fetcher) download(rawURL string) document {
	waiting, stop := context.WithTimeout(context.Background(), f.limits.Timeout)
	defer stop()
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-waiting.Done():
		return document{why: f.late(), cause: context.DeadlineExceeded} // not kept: it was never asked for
	}

	ctx, cancel := context.WithTimeout(context.Background(), f.limits.Timeout)
	defer cancel()
	doc, err := f.get(ctx, rawURL)
	if err != nil {
		doc = document{why: f.reason(err)}
	}
	f.cache.put(rawURL, doc)
	return doc
}

// get asks for a document. One of a type that nobody takes comes without its content.
func (f *Fetcher) get(ctx context.Context, rawURL string) (document, error) {
	u, err := parse(rawURL)
	if err != nil {
		return document{}, err
	}
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{
		"User-Agent":      {userAgent},
		"Accept":          {accept},
		"Accept-Encoding": {"identity"}, // these formats are compressed already, and what is not decoded is no bomb
	}}).WithContext(ctx)
	resp, err := f.client.Do(req)
	if err != nil {
		return document{}, err
	}
	defer resp.Body.Close()
	switch coding := resp.Header.Get("Content-Encoding"); {
	case resp.StatusCode != http.StatusOK:
		return document{}, refusal("cannot be fetched: the server answered " + strconv.Itoa(resp.StatusCode))
	case coding != "" && coding != "identity":
		return document{}, refusal("came in a content coding that was not asked for; allowed is identity")
	case resp.ContentLength > f.limits.Bytes:
		return document{}, refusal(f.tooLarge())
	}
	return f.read(resp.Body)
}

// read makes a document of a body, encoding as it reads.
func (f *Fetcher) read(body io.Reader) (document, error) {
	r := bufio.NewReader(body)
	head, err := r.Peek(sniffed)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return document{}, err
	case len(head) == 0:
		return document{}, refusal("is empty")
	}
	doc := document{typ: sniff(head)}
	if !slices.Contains(usualTypes, doc.typ) && !slices.Contains(rareTypes, doc.typ) {
		return doc, nil
	}
	buf := bytes.NewBufferString("data:" + doc.typ + ";base64,")
	enc := base64.NewEncoder(base64.StdEncoding, buf)
	doc.size, err = io.Copy(enc, io.LimitReader(r, f.limits.Bytes+1))
	switch {
	case err != nil:
		return document{}, err
	case doc.size > f.limits.Bytes:
		return document{}, refusal(f.tooLarge())
	}
	_ = enc.Close()                        // writes to a buffer
	doc.dataURL = bytes.Clone(buf.Bytes()) // it is kept, so without the room that the buffer has left
	return doc, nil
}

// refusal is a reason of our own, a predicate to the document.
type refusal string

func (r refusal) Error() string { return string(r) }

// reason tells why a download failed. Texts of the standard library are not passed on: they hold URLs, and addresses of this network.
func (f *Fetcher) reason(err error) string {
	if own, ok := errors.AsType[refusal](err); ok {
		return string(own)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() || errors.Is(err, context.DeadlineExceeded) {
		return f.late()
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "cannot be fetched: no address is known for the host's name"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "cannot be fetched: the server's certificate is not valid"
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return "cannot be fetched: " + errno.Error()
	}
	return "cannot be fetched: the connection failed"
}
