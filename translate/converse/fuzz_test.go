package converse_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/converse"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

func FuzzRequests(f *testing.F) {
	theirs := func(body []byte, _ *translate.Request) bool {
		return bytes.Contains(body, []byte("base64")) || bytes.Contains(body, []byte("encrypted_content"))
	}
	wire.FuzzRequests(
		f, theirs,
		talk(user, thought("plain", "up", `{"redactedContent":"QUJD"}`), calledA, calledB, outB, late, outA, answer),
		talk(calledA, calledA, outA, `{"type":"custom_tool_call","call_id":"","name":"c","input":"a"}`, `{"type":"x","text":"a"}`),
		talk(`{"role":"user","content":[`+picture+`,`+file("a", pdf)+`]}`),
		ask(`"text":{"format":{"type":"json_schema","schema":{"anyOf":[{"type":"object"}]}}}`, oneTool, `"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[]}`),
	)
}

func TestRandomHistoriesSuitEveryModel(t *testing.T) {
	wire.SuitsRandom(t, func(a wiretest.Author, _ *wiretest.Provider) string {
		return talk(a.Items(
			thought("plain", "up", `{"reasoningText":{"text":"t","signature":"s"}}`), thought("plain", "up", `{"redactedContent":"QUJD"}`),
			thought("bedrock-converse", "us.anthropic.claude-sonnet-4-6", `{"redactedContent":"QUJD"}`), thought("other", "up", `{"redactedContent":"QUJD"}`),
		)...)
	})
}

func TestRandomToolsComeBack(t *testing.T) {
	wire.ToolsComeBack(t, plain().Provider, "toolConfig.tools.#.toolSpec", func(name, arguments string) string {
		return start() + calls(0, "call_1", name) + input(0, arguments) + end(0) + stop("tool_use") + counts()
	})
}

// Whatever a provider sends, the client gets a stream that keeps all rules.
func FuzzReplies(f *testing.F) {
	for _, test := range replies {
		f.Add([]byte(strings.Join(test.Frames, "")))
	}
	f.Fuzz(func(t *testing.T, body []byte) { read(t, plain(), asking, bytes.NewReader(body)) })
}

// Whatever events come, in whatever order, the client gets a stream that keeps all rules. The framing is in order here.
func FuzzEvents(f *testing.F) {
	f.Add("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"a"}}`, "contentBlockStart", `{"contentBlockIndex":1,"start":{"toolUse":{"toolUseId":"x","name":"c"}}}`)
	f.Add("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"a"}}}`, "contentBlockDelta", `{"contentBlockIndex":0,"delta":{"reasoningContent":{"redactedContent":"QUJD"}}}`)
	f.Add("messageStop", `{"stopReason":"max_tokens"}`, "metadata", `{"usage":{"inputTokens":-1}}`)
	f.Fuzz(func(t *testing.T, typ1, payload1, typ2, payload2 string) {
		read(t, plain(), asking, strings.NewReader(start()+event(typ1, payload1)+calls(1, "call_1", "f")+event(typ2, payload2)+input(1, "{}")+says(2, "a")+stop("tool_use")+counts()))
	})
}

// The reader makes of any bytes what the SDK's decoder makes of them.
func FuzzReader(f *testing.F) {
	for _, test := range replies {
		f.Add([]byte(strings.Join(test.Frames, "")))
	}
	f.Add([]byte(start() + upstreamtest.ConverseException("validationException", "x") + upstreamtest.ConverseError("a", "b")))
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > 0 && body[0] == '{' {
			return // a document
		}
		got, want := messages(converse.NewReader(iotest.HalfReader(bytes.NewReader(body)))), decoded(body)
		if !slices.Equal(got, want) {
			t.Errorf("got\n%q\nwant\n%q", got, want)
		}
	})
}

const broken = "broken"

// messages are the events of a body, and broken where it did not end properly.
func messages(r *converse.Reader) []string {
	var all []string
	for {
		event, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			return append(all, broken)
		}
		all = append(all, string(event.Data))
	}
}

// decoded are those that the SDK's decoder reads. It takes messages of any length.
func decoded(body []byte) []string {
	const shortest, longest = 16, 16 << 20
	var all []string
	for len(body) > 0 {
		r := bytes.NewReader(body)
		m, err := eventstream.NewDecoder().Decode(r, nil)
		if err != nil {
			return append(all, broken)
		}
		if length := binary.BigEndian.Uint32(body); length < shortest || length > longest || r.Len() != len(body)-int(length) {
			return append(all, broken)
		}
		body = body[len(body)-r.Len():]
		all = append(all, asJSON(m))
	}
	return all
}

func asJSON(m eventstream.Message) string {
	header := func(name string) string {
		if value, ok := m.Headers.Get(name).(eventstream.StringValue); ok {
			return string(jsonscan.AppendString(nil, string(value)))
		}
		return `""`
	}
	payload := string(bytes.TrimSpace(m.Payload))
	switch header(":message-type") {
	case `"exception"`:
		out := `{"exception":` + header(":exception-type")
		if inside, ok := strings.CutPrefix(payload, "{"); ok && len(strings.TrimSpace(inside)) > 1 {
			return out + "," + inside
		}
		return out + "}"
	case `"error"`:
		return `{"exception":` + header(":error-code") + `,"message":` + header(":error-message") + "}"
	}
	if payload == "" {
		payload = "{}"
	}
	return "{" + header(":event-type") + ":" + payload + "}"
}
