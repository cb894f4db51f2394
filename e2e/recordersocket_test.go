package e2e

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/streamcheck"
)

// The opcodes of WebSocket frames that carry data (RFC 6455, section 5.2).
const (
	continuationFrame = 0
	textFrame         = 1
)

// checkMessages checks what a server has sent over a WebSocket, and returns it in a readable form.
func checkMessages(sent []byte) (readable []byte, err error) {
	messages, err := textMessages(sent)
	if err == nil {
		err = checkLanes(messages)
	}
	return bytes.Join(messages, []byte{'\n'}), err
}

// checkLanes checks messages: one event each, and in each lane one response after the other.
func checkLanes(messages [][]byte) error {
	lanes := make(map[string][]streamcheck.Event)
	for _, message := range messages {
		event := streamcheck.Event{Name: gjson.GetBytes(message, "type").Str, Type: gjson.GetBytes(message, "type").Str, Data: message}
		lane := event.Get("stream_id").Str
		var err error
		if event.Type == "error" { // which has the form that answers have
			err = streamcheck.CheckObject("ErrorResponse", message)
		} else {
			lanes[lane] = append(lanes[lane], event)
		}
		if event.Terminal() {
			err = streamcheck.CheckEvents(lanes[lane])
			delete(lanes, lane)
		}
		if err != nil {
			return fmt.Errorf("lane %q: %w", lane, err)
		}
	}
	for lane, begun := range lanes {
		if err := streamcheck.CheckBegun(begun); err != nil {
			return fmt.Errorf("lane %q: %w", lane, err)
		}
	}
	return nil
}

// textMessages reads the text messages of frames as a server sends them: without masks, and here without compression.
func textMessages(sent []byte) ([][]byte, error) {
	var messages [][]byte
	var open bool
	for len(sent) >= 2 {
		head, length, rest := sent[0], uint64(sent[1]), sent[2:]
		switch {
		case head&0x70 != 0 || length > 127:
			return nil, errors.New("a frame is compressed or masked")
		case length == 126 && len(rest) >= 2:
			length, rest = uint64(binary.BigEndian.Uint16(rest)), rest[2:]
		case length == 127 && len(rest) >= 8:
			length, rest = binary.BigEndian.Uint64(rest), rest[8:]
		}
		if length > uint64(len(rest)) {
			return messages, nil // it was cut off, as connections are
		}
		switch opcode := head & 0x0f; {
		case opcode == textFrame:
			messages, open = append(messages, append([]byte(nil), rest[:length]...)), true
		case opcode == continuationFrame && open:
			messages[len(messages)-1] = append(messages[len(messages)-1], rest[:length]...)
		}
		sent = rest[length:]
	}
	return messages, nil
}
