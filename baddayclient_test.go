package codexresponses_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// caller is a client that makes one exchange.
type caller struct {
	word     string
	codex    bool // it is Codex
	document bool // it wants one document
}

// hearing is what a client has got.
type hearing struct {
	status  int
	events  []streamcheck.Event
	body    []byte        // of what is no stream
	err     error         // that ended it, nil for a proper end
	silence time.Duration // the longest between two events, or before the first
	took    time.Duration
}

// call makes an exchange, to its end or that of the context.
func (c caller) call(ctx context.Context, client *http.Client) (h hearing) {
	began := time.Now()
	defer func() { h.took = time.Since(began) }()
	body := fmt.Sprintf(`{"model":"m","stream":%t,"store":false,"input":%q}`, !c.document, c.word)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://gateway.example/v1/responses", strings.NewReader(body))
	if err != nil {
		return hearing{err: err}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(wordHeader, c.word)
	if c.codex {
		req.Header.Set("Originator", "codex_exec")
	}
	res, err := client.Do(req)
	if err != nil {
		return hearing{err: err}
	}
	defer res.Body.Close()
	h.status = res.StatusCode
	if res.Header.Get("Content-Type") != "text/event-stream" {
		h.body, h.err = io.ReadAll(res.Body)
		return h
	}
	last := began
	for events := streamcheck.NewReader(res.Body); ; {
		event, err := events.Next()
		h.silence = max(h.silence, time.Since(last))
		last = time.Now()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				h.err = err
			}
			return h
		}
		h.events = append(h.events, event)
	}
}

// failedCodes are the codes of a failed response by the cause of it.
var failedCodes = []string{"server_error", "rate_limit_exceeded", "invalid_prompt"}

// errorCodes are the codes of errors by their status.
var errorCodes = map[int][]string{
	http.StatusBadRequest:         {"invalid_prompt"},
	http.StatusTooManyRequests:    {"rate_limit_exceeded", "insufficient_quota"},
	http.StatusBadGateway:         {"server_error", "provider_unauthorized", "provider_not_an_api"},
	http.StatusServiceUnavailable: {"server_error"},
	http.StatusGatewayTimeout:     {"server_error"},
}

// ending is how an exchange has ended for its client.
type ending string

const (
	completed ending = "completed"
	cutShort  ending = "failed after its beginning"
	refused   ending = "refused"
	gone      ending = "left by the client"
)

// judge says how an exchange has ended that its client has heard to its end, and what is wrong with it. Nothing of it may go on.
func (tw *town) judge(c caller, h hearing, s *story) (ending, error) {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	delete(tw.stories, s.word)
	switch longest := s.longest(); {
	case s.begun > 1 && !c.document:
		return "", fmt.Errorf("it is answered %d times", s.begun)
	case h.took > longest:
		return "", fmt.Errorf("it takes %s, and has %s", h.took, longest)
	case s.open > 0:
		return "", errors.New("it has ended, and a provider is still asked")
	case s.finish == "":
		return "", errors.New("the client has heard its end, and it goes on")
	}
	return c.judge(h, s)
}

// What an exchange can be at when its client leaves.
const (
	beforeHead = "no provider has begun an answer"
	midStream  = "an answer goes on"
	waiting    = "no provider is asked"
)

// leave tells what an exchange is at whose client leaves.
func (tw *town) leave(s *story) string {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	switch {
	case s.open == 0:
		return waiting
	case s.begun == 0:
		return beforeHead
	default:
		return midStream
	}
}

// judgeLeft says what is wrong with an exchange whose client has left a while ago.
func (tw *town) judgeLeft(s *story) error {
	tw.mu.Lock()
	defer tw.mu.Unlock()
	delete(tw.stories, s.word)
	if s.open > 0 {
		return errors.New("a provider is still asked")
	}
	told := s.begun > 0 && s.troubles[len(s.troubles)-1].whole // and the gateway may have found that the answer is complete
	if s.finish != "client_closed" && (!told || s.finish != "completed") {
		return fmt.Errorf("the record says %q", s.finish)
	}
	return nil
}

// judge is what is to be said of what the client has heard.
func (c caller) judge(h hearing, s *story) (ending, error) {
	if h.err != nil {
		return "", fmt.Errorf("the reply broke off: %w", h.err)
	}
	if h.events == nil {
		return c.judgeDocument(h, s)
	}
	if c.document {
		return "", errors.New("a document was asked for, and a stream came")
	}
	if err := streamcheck.CheckEvents(h.events); err != nil {
		return "", err
	}
	last, text := h.events[len(h.events)-1], streamcheck.Text(h.events)
	code := last.Response().Get("error.code").String()
	spoiled := slices.ContainsFunc(s.troubles, func(tr *trouble) bool { return tr.cut })
	switch {
	case last.Type == "response.completed" && text == s.want && !spoiled:
		return completed, nil
	case last.Type == "response.failed" && spoiled && text == halfOf(c.word) && code == "server_error":
		return cutShort, nil
	case last.Type == "response.failed" && s.begun == 0 && text == "" && slices.Contains(failedCodes, code):
		return refused, nil
	}
	return "", fmt.Errorf("it ends in %.300s with the text %.50q", last.Data, text)
}

// judgeDocument is judge for a reply that is no stream.
func (c caller) judgeDocument(h hearing, s *story) (ending, error) {
	doc := gjson.ParseBytes(h.body)
	if h.status == http.StatusOK {
		if text := doc.Get(`output.#(type=="message").content.0.text`).String(); !c.document || text != s.want || doc.Get("status").String() != "completed" {
			return "", fmt.Errorf("it ends in %.300s", h.body)
		}
		return completed, nil
	}
	if len(doc.Map()) != 1 || len(doc.Get("error").Map()) != 4 || !slices.Contains(errorCodes[h.status], doc.Get("error.code").String()) {
		return "", fmt.Errorf("it is refused with %d %s", h.status, h.body)
	}
	if !c.document && s.begun > 0 {
		return "", fmt.Errorf("it is refused after its answer has begun: %s", h.body)
	}
	return refused, nil
}
