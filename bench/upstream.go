package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const upstreamRole = "upstream"

// The models of the scripted upstream: "mock-<chunks>", "mock-<chunks>-<pause between chunks>", and idleModel.
const (
	modelPrefix = "mock-"
	idleModel   = modelPrefix + "idle"
)

// A script is one reply: chunks that are written and flushed one by one.
type script struct {
	contentType string
	chunks      [][]byte
	pause       time.Duration // between two chunks
	hold        bool          // stay open after the last chunk until the client leaves
}

// runUpstream serves scripted replies of all formats on a free loopback port, writes its address to out, and ends with in.
func runUpstream(in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: newTally(&upstream{}), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// upstream answers with the script for the format whose path is asked for and the model in the path or the body. Scripts are rendered once.
type upstream struct {
	scripts sync.Map // scriptKey -> *script
	buffers sync.Pool
}

type scriptKey struct {
	format *format
	model  string
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, model := formatOf(r)
	if f == nil {
		http.Error(w, "no such endpoint: "+r.Method+" "+r.URL.String(), http.StatusNotFound)
		return
	}
	body, _ := u.buffers.Get().(*bytes.Buffer)
	if body == nil {
		body = new(bytes.Buffer)
	}
	body.Reset()
	defer u.buffers.Put(body)
	if _, err := body.ReadFrom(r.Body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if model == "" {
		model = modelOf(body.Bytes())
	}
	s, err := u.script(scriptKey{f, model})
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	s.play(w, r)
}

// formatOf finds the format that a request is for, and the model if its path names one. The format is nil where there is none.
func formatOf(r *http.Request) (f *format, model string) {
	for _, f := range formats {
		if model, ok := f.matches(r.URL.Path); ok && r.Method == http.MethodPost && r.URL.RawQuery == f.query {
			return f, model
		}
	}
	return nil, ""
}

func (u *upstream) script(key scriptKey) (*script, error) {
	if s, ok := u.scripts.Load(key); ok {
		return s.(*script), nil
	}
	s, err := newScript(key.format, key.model)
	if err != nil {
		return nil, err
	}
	u.scripts.Store(key, s)
	return s, nil
}

func (s *script) play(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", s.contentType)
	flusher := http.NewResponseController(w)
	for i, chunk := range s.chunks {
		if i > 0 && s.pause > 0 {
			time.Sleep(s.pause)
		}
		if _, err := w.Write(chunk); err != nil {
			return
		}
		if err := flusher.Flush(); err != nil {
			return
		}
	}
	if s.hold {
		<-r.Context().Done()
	}
}

// modelOf finds the model's name without parsing the body: nothing else in the bodies of this program looks like one.
func modelOf(body []byte) string {
	_, rest, ok := bytes.Cut(body, []byte(`"`+modelPrefix))
	if !ok {
		return ""
	}
	name, _, _ := bytes.Cut(rest, []byte(`"`))
	return modelPrefix + string(name)
}

// newScript renders the reply of a model.
func newScript(f *format, model string) (*script, error) {
	s := &script{contentType: f.contentType, chunks: [][]byte{f.open(model)}}
	if model == idleModel {
		s.hold = true
		return s, nil
	}
	size, pause, paced := strings.Cut(strings.TrimPrefix(model, modelPrefix), "-")
	n, err := strconv.Atoi(size)
	if err != nil || n < 4 {
		return nil, fmt.Errorf("unknown model %q", model)
	}
	if paced {
		if s.pause, err = time.ParseDuration(pause); err != nil {
			return nil, fmt.Errorf("unknown model %q: %w", model, err)
		}
	}
	text := replyText(n)
	for i, word := range strings.Fields(text) {
		s.chunks = append(s.chunks, f.say(model, " "+word, i))
	}
	s.chunks = append(s.chunks, f.end(model, text, n)...)
	return s, nil
}

// replyText is what a reply of n chunks says: n-3 words, each with a space before it.
func replyText(n int) string {
	var text strings.Builder
	for f := newFiller(7); n > 3; n-- {
		text.WriteByte(' ')
		text.WriteString(f.word())
	}
	return text.String()
}
