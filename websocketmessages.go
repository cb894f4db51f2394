package codexresponses

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// message is one of a client's.
type message struct {
	typ      string
	lane     string // its stream_id; empty for the default lane
	previous string // the response that it goes on from; empty for none
	input    []byte // raw; nil for none
	body     []byte // of the request that it stands for, without what is about the connection
}

// readMessage takes a message apart. With a complaint, the message is its lane at the most.
func readMessage(data []byte) (*message, *complaint) {
	m := new(message)
	c := jsonscan.New(data)
	if !utf8.Valid(data) || c.Kind() != jsonscan.Object {
		return m, &complaint{code: "invalid_message", text: "the message is not a JSON object"}
	}
	body := jsonscan.NewSplicer(make([]byte, 0, len(data)), data)
	var lane []byte
	for key := range c.Members() {
		start := c.Offset()
		switch key {
		case "previous_response_id":
			m.previous = c.Text()
			continue
		case "input":
			m.input = c.Raw()
			continue
		case "type":
			m.typ = c.Text()
		case "stream_id":
			lane = c.Raw()
		case "stream", "stream_options", "background": // which mean nothing here, and are sent all the same
			c.Skip()
		default:
			continue
		}
		if c.Err() == nil {
			body.Remove(jsonscan.MemberStart(data, start), c.Offset())
		}
	}
	if err := c.Close(); err != nil {
		return m, &complaint{code: "invalid_message", text: "the message is " + err.Error()}
	}
	m.body = streamed(body.Bytes())
	return m, m.check(lane)
}

// streamed makes the body that of a request for a stream. It adds to the end, for where a body begins with the model less has to be read
// of it.
func streamed(body []byte) []byte {
	body = bytes.TrimRight(body[:bytes.LastIndexByte(body, '}')], " \t\r\n")
	if !bytes.HasSuffix(body, []byte{'{'}) {
		body = append(body, ',')
	}
	return append(body, `"stream":true}`...)
}

// maxLaneName is how long a stream_id may be.
const maxLaneName = 256

// check looks at the lane, raw, and the type.
func (m *message) check(lane []byte) *complaint {
	if len(lane) > 0 && string(lane) != "null" {
		if m.lane = gjson.ParseBytes(lane).Str; !isLaneName(m.lane) {
			m.lane = ""
			return &complaint{"invalid_stream_id", "stream_id", "stream_id is not a text of 1 to " + strconv.Itoa(maxLaneName) +
				" letters, digits, underscores, hyphens and periods"}
		}
	}
	switch m.typ {
	case "response.create", "response.steer":
		return nil
	case "":
		return &complaint{"invalid_message", "type", "the message has no type; there are response.create and response.steer"}
	default:
		return &complaint{"unknown_message_type", "type", "the type of the message is unknown; there are response.create and response.steer"}
	}
}

func isLaneName(name string) bool {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
	return name != "" && len(name) <= maxLaneName && strings.Trim(name, alphabet) == ""
}

// notSteered says that nothing can be added to a response that runs: no provider lets us. The client gets its input back.
func (m *message) notSteered() []byte {
	input := m.input
	if input == nil {
		input = []byte("[]")
	}
	dst := append([]byte(nil), `{"type":"response.steer.failed","sequence_number":0,"error":{"type":"invalid_request_error",`+
		`"code":"steering_not_supported","message":"a response that runs cannot be steered here; send the input with the next response.create"},`+
		`"steer":{"previous_response_id":`...)
	dst = jsonscan.AppendString(dst, m.previous)
	dst = append(append(dst, `,"input":`...), input...)
	return inLane(append(dst, "}}"...), m.lane)
}

// inLane marks an event as one of a named lane. It appends to the event.
func inLane(event []byte, lane string) []byte {
	if lane == "" {
		return event
	}
	event = append(event[:len(event)-1], `,"stream_id":"`...)
	return append(append(event, lane...), `"}`...)
}

// errorMessage is the message for what would be an HTTP error elsewhere. Codex takes status for the HTTP status, but only where there is
// no status_code beside it, and headers for the header.
func errorMessage(status int, body []byte, h http.Header, lane string) []byte {
	dst := append([]byte(nil), `{"type":"error","status":`...)
	dst = strconv.AppendInt(dst, int64(status), 10)
	dst = append(append(dst, `,"error":`...), gjson.GetBytes(body, "error").Raw...)
	separator := `,"headers":{"`
	for _, name := range [...]string{"Retry-After", "X-Request-Id"} {
		if value := h.Get(name); value != "" {
			dst = append(append(append(dst, separator...), strings.ToLower(name)...), `":`...)
			dst = jsonscan.AppendString(dst, value)
			separator = `,"`
		}
	}
	if separator == `,"` {
		dst = append(dst, '}')
	}
	return inLane(append(dst, '}'), lane)
}
