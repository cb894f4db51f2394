package codexresponses_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// visit is one request that a provider gets, and the connection on which it answers byte by byte.
type visit struct {
	town    *town
	id      string
	host    string
	key     string
	story   *story
	trouble *trouble
	pace    time.Duration // a random one

	conn *bubbleConn // nil for one that has not got through; the town's mutex guards it until then
	keep bool        // the connection serves another request
	over sync.Once
}

// end notes that the gateway has nothing open here any more.
func (v *visit) end() {
	v.over.Do(func() {
		v.town.mu.Lock()
		defer v.town.mu.Unlock()
		v.story.open--
		v.story.speaker = nil
		delete(v.town.visits, v.id)
	})
}

// through notes that the provider has got the connection.
func (v *visit) through(conn *bubbleConn) {
	v.town.mu.Lock()
	defer v.town.mu.Unlock()
	v.conn = conn
}

// served reports whether the provider has got the request.
func (v *visit) served() bool {
	v.town.mu.Lock()
	defer v.town.mu.Unlock()
	return v.conn != nil
}

// wait is a pause of the provider. It reports false where the gateway has hung up meanwhile.
func (v *visit) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-v.conn.in.over:
		return false
	}
}

// stall is silent until the gateway hangs up.
func (v *visit) stall() { <-v.conn.in.over }

// reset breaks the connection off when the gateway has read what was said.
func (v *visit) reset() {
	v.wait(time.Millisecond)
	v.conn.reset()
}

// raw says something as it is.
func (v *visit) raw(text string) bool {
	_, err := io.WriteString(v.conn, text)
	return err == nil
}

// head begins a stream.
func (v *visit) head() {
	v.raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
}

// chunk says a piece of a stream.
func (v *visit) chunk(text string) bool {
	return v.raw(strconv.FormatInt(int64(len(text)), 16) + "\r\n" + text + "\r\n")
}

// flood says the same until the gateway has enough of it.
func (v *visit) flood(say func(string) bool, text string) {
	for ok := true; ok; {
		ok = say(text)
	}
}

// event says one event of a stream.
func (v *visit) event(data string) bool { return v.chunk("data: " + data + "\n\n") }

// text says a piece of the answer.
func (v *visit) text(text string) {
	v.speaks()
	v.event(upstreamtest.Text(text))
}

// speaks notes that an answer begins, or goes on.
func (v *visit) speaks() {
	v.town.mu.Lock()
	defer v.town.mu.Unlock()
	if v.story.speaker != v {
		v.story.speaker = v
		v.story.begun++
	}
}

// promises notes what the answer is, where that is not the word alone.
func (v *visit) promises(text string) {
	v.town.mu.Lock()
	defer v.town.mu.Unlock()
	v.story.want = text
}

// half says the first half of the answer.
func (v *visit) half() {
	v.head()
	v.event(role)
	v.text(halfOf(v.story.word))
}

func halfOf(word string) string { return word[:len(word)/2] }

// finish says that the answer is complete.
func (v *visit) finish() {
	v.event(upstreamtest.Finish("stop"))
	v.event(upstreamtest.Usage(10, 2, 0))
}

// done ends the stream. The connection can serve another request.
func (v *visit) done() {
	v.event("[DONE]")
	v.keep = v.raw("0\r\n\r\n")
}

// answer says one document, with header lines.
func (v *visit) answer(status int, body string, header ...string) {
	lines := strings.Join(append(header, ""), "\r\n")
	v.keep = v.raw(fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Length: %d\r\n%s\r\n%s", status, http.StatusText(status), len(body), lines, body))
}

// refuse is an answer after which the key is not to be used for a while.
func (v *visit) refuse(wait time.Duration, status int, body string, header ...string) {
	v.town.forbid(v.host+v.key, wait)
	v.answer(status, body, append(header, "Content-Type: application/json")...)
}

// serve answers the requests of one connection.
func (tw *town) serve(conn *bubbleConn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		v := tw.visitOf(req, conn)
		v.trouble.play(v)
		v.end()
		if !v.keep {
			return
		}
	}
}
