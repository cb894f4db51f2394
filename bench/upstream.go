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
	chunks [][]byte
	pause  time.Duration // between two chunks
	hold   bool          // stay open after the last chunk until the client leaves
}

// runUpstream serves scripted chat completions on a free loopback port, writes its address to out, and ends with in.
func runUpstream(in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, listener.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: &upstream{}, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		_, _ = io.Copy(io.Discard, in)
		_ = server.Close()
	}()
	if err := server.Serve(listener); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// upstream answers POST /v1/chat/completions with the script that the body's model names. Scripts are rendered once.
type upstream struct {
	scripts sync.Map // model -> *script
	buffers sync.Pool
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/v1/chat/completions" {
		http.Error(w, "no such endpoint", http.StatusNotFound)
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
	s, err := u.script(modelOf(body.Bytes()))
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	s.play(w, r)
}

func (u *upstream) script(model string) (*script, error) {
	if s, ok := u.scripts.Load(model); ok {
		return s.(*script), nil
	}
	s, err := newScript(model)
	if err != nil {
		return nil, err
	}
	u.scripts.Store(model, s)
	return s, nil
}

func (s *script) play(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
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

// newScript renders the reply of a model. A reply of n chunks has a role chunk, n-3 words, the finish and the usage; the [DONE] after
// it is not counted.
func newScript(model string) (*script, error) {
	if model == idleModel {
		return &script{chunks: [][]byte{chunk(model, `{"role":"assistant","content":""}`, "null")}, hold: true}, nil
	}
	size, pause, paced := strings.Cut(strings.TrimPrefix(model, modelPrefix), "-")
	n, err := strconv.Atoi(size)
	if err != nil || n < 4 {
		return nil, fmt.Errorf("unknown model %q", model)
	}
	s := &script{chunks: [][]byte{chunk(model, `{"role":"assistant","content":""}`, "null")}}
	if paced {
		if s.pause, err = time.ParseDuration(pause); err != nil {
			return nil, fmt.Errorf("unknown model %q: %w", model, err)
		}
	}
	for word := range strings.FieldsSeq(replyText(n)) {
		s.chunks = append(s.chunks, chunk(model, `{"content":" `+word+`"}`, "null"))
	}
	s.chunks = append(s.chunks, chunk(model, `{"content":""}`, `"stop"`))
	usage := fmt.Sprintf(`"choices":[],"usage":{"prompt_tokens":18000,"completion_tokens":%d,"total_tokens":%d,`+
		`"prompt_tokens_details":{"cached_tokens":17000}}`, n, 18000+n)
	s.chunks = append(s.chunks, append(frame(model, usage), "data: [DONE]\n\n"...))
	return s, nil
}

func chunk(model, delta, finish string) []byte {
	return frame(model, `"choices":[{"index":0,"delta":`+delta+`,"logprobs":null,"finish_reason":`+finish+`}]`)
}

func frame(model, members string) []byte {
	return fmt.Appendf(nil, `data: {"id":"chatcmpl-9b3c5f0e-7d2a-4c61-8a55-0f6e2b1d4c7a","object":"chat.completion.chunk",`+
		`"created":1790000000,"model":%q,"system_fingerprint":"fp_8802369eaa",%s}`+"\n\n", model, members)
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
