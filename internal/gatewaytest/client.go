package gatewaytest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// Response is a response that has been read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Get returns what lies at a gjson path in the body.
func (r Response) Get(path string) gjson.Result { return gjson.GetBytes(r.Body, path) }

// Get sends a GET request, with header fields given as "Name: value".
func (g *Gateway) Get(path string, header ...string) Response {
	g.t.Helper()
	return g.Do(http.MethodGet, path, "", header...)
}

// Post sends a POST request of a JSON body, with header fields given as "Name: value".
func (g *Gateway) Post(path, body string, header ...string) Response {
	g.t.Helper()
	return g.Do(http.MethodPost, path, body, header...)
}

// Do sends a request, with header fields given as "Name: value", and returns the whole response.
func (g *Gateway) Do(method, path, body string, header ...string) Response {
	g.t.Helper()
	s := g.stream(method, path, body, header)
	defer s.Close()
	whole, err := s.Rest()
	if err != nil {
		g.t.Fatalf("reading the response to %s %s: %v", method, path, err)
	}
	return Response{Status: s.Status, Header: s.Header, Body: whole}
}

// PostStream sends a POST request of a JSON body, with header fields given as "Name: value", and returns the response at its
// header, to be read event by event. The stream is closed with the test, if not before.
func (g *Gateway) PostStream(path, body string, header ...string) *Stream {
	g.t.Helper()
	s := g.stream(http.MethodPost, path, body, header)
	g.t.Cleanup(s.Close)
	return s
}

// GetStream sends a GET request, with header fields given as "Name: value", and returns the response as PostStream does.
func (g *Gateway) GetStream(path string, header ...string) *Stream {
	g.t.Helper()
	s := g.stream(http.MethodGet, path, "", header)
	g.t.Cleanup(s.Close)
	return s
}

// Stream is a response whose body still arrives.
type Stream struct {
	Status int
	Header http.Header

	gateway *Gateway
	cancel  context.CancelFunc
	body    io.Reader // records in read what it reads
	read    *bytes.Buffer
	events  *streamcheck.Reader
	seen    []streamcheck.Event
}

func (g *Gateway) stream(method, path, body string, header []string) *Stream {
	g.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	request, err := http.NewRequestWithContext(ctx, method, g.URL+path, strings.NewReader(body))
	if err != nil {
		cancel()
		g.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, field := range header {
		name, value, _ := strings.Cut(field, ":")
		request.Header.Set(name, strings.TrimSpace(value))
	}
	response, err := g.Client.Do(request)
	if err != nil {
		cancel()
		g.t.Fatal(err)
	}
	read := new(bytes.Buffer)
	tee := io.TeeReader(response.Body, read)
	return &Stream{
		Status: response.StatusCode, Header: response.Header, gateway: g, cancel: cancel,
		body: tee, read: read, events: streamcheck.NewReader(tee),
	}
}

// Next returns the next event as soon as it is there, and io.EOF after the last one.
func (s *Stream) Next() (streamcheck.Event, error) {
	event, err := s.events.Next()
	if err == nil {
		s.seen = append(s.seen, event)
	}
	return event, err
}

// Seen returns the events that Next has returned so far.
func (s *Stream) Seen() []streamcheck.Event { return s.seen }

// Until reads on to the next event of a type and returns it. It fails the test if the stream ends before.
func (s *Stream) Until(eventType string) streamcheck.Event {
	s.gateway.t.Helper()
	for {
		event, err := s.Next()
		if err != nil {
			s.gateway.t.Fatalf("the stream has no %s: %v\n%s", eventType, err, s.read)
		}
		if event.Type == eventType {
			return event
		}
	}
}

// Rest reads on to the end and returns the whole body, with what was read before. The error says that the body was cut.
func (s *Stream) Rest() ([]byte, error) {
	if _, err := io.Copy(io.Discard, s.body); err != nil {
		return s.read.Bytes(), fmt.Errorf("after %d bytes: %w", s.read.Len(), err)
	}
	return s.read.Bytes(), nil
}

// Require reads on to the end and returns all events, which must be those of a good Responses stream.
func (s *Stream) Require() []streamcheck.Event {
	s.gateway.t.Helper()
	body, err := s.Rest()
	if err != nil {
		s.gateway.t.Fatalf("the stream was cut %v\n%s", err, body)
	}
	return streamcheck.Require(s.gateway.t, body)
}

// Close goes away, as a client does that has lost interest.
func (s *Stream) Close() { s.cancel() }
