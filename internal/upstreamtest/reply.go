package upstreamtest

import (
	"io"
	"net/http"
	"slices"
	"strings"
)

// Reply is a scripted reply. The zero value is an empty 200; the constructors make the useful ones, and the methods return changed
// copies, so that a reply can be the base of others.
type Reply struct {
	status int
	header http.Header
	frames []string
	cut    bool
	hang   bool
	before <-chan struct{} // is received from before the header is sent
	hold   <-chan struct{} // is received from between frames
	serves http.HandlerFunc
}

const done = "data: [DONE]\n\n"

// Stream replies with an event stream of JSON chunks, each flushed on its own, and [DONE] at the end.
func Stream(chunks ...string) Reply {
	frames := make([]string, 0, len(chunks)+1)
	for _, chunk := range chunks {
		frames = append(frames, "data: "+chunk+"\n\n")
	}
	return Raw(append(frames, done)...)
}

// Raw replies with an event stream of exactly these bytes, each string flushed on its own.
func Raw(frames ...string) Reply {
	return Reply{status: http.StatusOK, frames: frames}.WithHeader("Content-Type", "text/event-stream")
}

// JSON replies with a JSON body.
func JSON(status int, body string) Reply {
	return Reply{status: status, frames: []string{body}}.WithHeader("Content-Type", "application/json")
}

// Error replies with an error in the shape of OpenAI.
func Error(status int, kind, code, message string) Reply {
	return JSON(status, ErrorBody(kind, code, message))
}

// Func replies by a handler. The request's body has been read already; see Upstream.Requests.
func Func(serve http.HandlerFunc) Reply { return Reply{serves: serve} }

// WithStatus sets the status, which is 200 for streams.
func (r Reply) WithStatus(status int) Reply {
	r.status = status
	return r
}

// WithHeader sets a header field.
func (r Reply) WithHeader(name, value string) Reply {
	if r.header = r.header.Clone(); r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Set(name, value)
	return r
}

// Replacing puts another text in place of one, wherever it stands in the reply.
func (r Reply) Replacing(text, other string) Reply {
	r.frames = slices.Clone(r.frames)
	for i := range r.frames {
		r.frames[i] = strings.ReplaceAll(r.frames[i], text, other)
	}
	return r
}

// WithoutDone leaves the final [DONE] of a stream out.
func (r Reply) WithoutDone() Reply {
	if n := len(r.frames); n > 0 && r.frames[n-1] == done {
		r.frames = slices.Clone(r.frames[:n-1])
	}
	return r
}

// Cut breaks the connection off after the last chunk, without [DONE] and without the end of the body.
func (r Reply) Cut() Reply {
	r = r.WithoutDone()
	r.cut = true
	return r
}

// Hang keeps the connection open and silent after the last chunk, without [DONE], until the client goes away or the test ends.
func (r Reply) Hang() Reply {
	r = r.WithoutDone()
	r.hang = true
	return r
}

// Hold receives from a channel before each chunk but the first, so that a test decides when one goes out. The [DONE] follows the
// last chunk at once. A closed channel holds nothing back.
func (r Reply) Hold(step <-chan struct{}) Reply {
	r.hold = step
	return r
}

// HoldHeader receives from a channel before the reply's header and first chunk go out.
func (r Reply) HoldHeader(step <-chan struct{}) Reply {
	r.before = step
	return r
}

// serve sends the reply. It ends early when the client goes away or quit is closed.
func (r Reply) serve(w http.ResponseWriter, request *http.Request, quit <-chan struct{}) {
	// wait reports whether step let the reply go on. A nil step always does.
	wait := func(step <-chan struct{}) bool {
		if step == nil {
			return true
		}
		select {
		case <-step:
			return true
		case <-request.Context().Done():
		case <-quit:
		}
		return false
	}
	if !wait(r.before) {
		panic(http.ErrAbortHandler)
	}
	if r.serves != nil {
		r.serves(w, request)
		return
	}
	for name, values := range r.header {
		w.Header()[name] = values
	}
	w.WriteHeader(r.status)
	for i, frame := range r.frames {
		if i > 0 && frame != done && !wait(r.hold) {
			panic(http.ErrAbortHandler)
		}
		if _, err := io.WriteString(w, frame); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
	}
	if !r.cut && !r.hang {
		return
	}
	_ = http.NewResponseController(w).Flush() // the header, where there are no chunks
	if r.hang {
		wait(make(chan struct{}))
	}
	panic(http.ErrAbortHandler)
}
