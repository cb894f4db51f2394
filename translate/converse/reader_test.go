package converse_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/caddy-codex/responses/internal/upstreamtest"
	"github.com/caddy-codex/responses/translate/converse"
)

// chunks is a body that arrives in pieces, and says so when it is asked for one that is not there.
type chunks struct {
	t    *testing.T
	list []string
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.list) == 0 {
		c.t.Fatal("the reader waits for the source")
	}
	n := copy(p, c.list[0])
	if c.list[0] = c.list[0][n:]; c.list[0] == "" {
		c.list = c.list[1:]
	}
	return n, nil
}

func TestBufferedNeverWaits(t *testing.T) {
	a, b, c := says(0, "a"), says(0, "b"), says(0, "c")
	r := converse.NewReader(&chunks{t, []string{a + b + c[:20]}})
	if _, ok := r.Buffered(); ok {
		t.Error("there is an event before anything was read")
	}
	first, err := r.Next()
	if err != nil || !strings.Contains(string(first.Data), `"a"`) {
		t.Fatalf("got %q, %v", first.Data, err)
	}
	second, ok := r.Buffered()
	if !ok || !strings.Contains(string(second.Data), `"b"`) {
		t.Errorf("got %q, %v", second.Data, ok)
	}
	if third, ok := r.Buffered(); ok {
		t.Errorf("half a message is %q", third.Data)
	}
}

func TestALongMessageIsRead(t *testing.T) {
	long := strings.Repeat("word ", 200_000)
	r := converse.NewReader(strings.NewReader(says(0, long) + says(0, "b")))
	event, err := r.Next()
	if err != nil || len(event.Data) < len(long) {
		t.Fatalf("got %d bytes, %v", len(event.Data), err)
	}
	if event, err = r.Next(); err != nil || !strings.Contains(string(event.Data), `"b"`) {
		t.Errorf("then %q, %v", event.Data, err)
	}
	if _, err = r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("then %v", err)
	}
}

// prelude is the beginning of a message, with a checksum that is right.
func prelude(length, headers uint32) string {
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, length), headers)
	return string(binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(head)))
}

func TestBodiesThatEndBadly(t *testing.T) {
	gone := errors.New("gone")
	whole := says(0, "a")
	damaged := []byte(whole)
	damaged[len(damaged)-20] ^= 1
	tests := map[string]struct {
		body io.Reader
		want error
	}{
		"nothing":                       {strings.NewReader(""), io.EOF},
		"half a prelude":                {strings.NewReader(whole[:5]), io.ErrUnexpectedEOF},
		"half a message":                {strings.NewReader(whole[:40]), io.ErrUnexpectedEOF},
		"a connection that breaks":      {io.MultiReader(strings.NewReader(whole[:40]), errReader{gone}), gone},
		"a byte that is wrong":          {bytes.NewReader(damaged), converse.ErrDamaged},
		"more than anybody sends":       {strings.NewReader(prelude(17<<20, 0)), converse.ErrDamaged},
		"less than a message has":       {strings.NewReader(prelude(15, 0)), converse.ErrDamaged},
		"headers longer than all":       {strings.NewReader(prelude(20, 10)), converse.ErrDamaged},
		"a text":                        {strings.NewReader("data: {}\n\ndata: {}\n\n"), converse.ErrDamaged},
		"a source that gives nothing":   {nothingReader{}, io.ErrNoProgress},
		"zeros":                         {bytes.NewReader(make([]byte, 64)), converse.ErrDamaged},
		"headers that are no headers":   {strings.NewReader(raw("\xffx")), converse.ErrDamaged},
		"a header of an unknown type":   {strings.NewReader(raw("\x01x\x0b")), converse.ErrDamaged},
		"a header without its value":    {strings.NewReader(raw("\x01x\x07\x00\x05a")), converse.ErrDamaged},
		"a header without its length":   {strings.NewReader(raw("\x01x\x07\x00")), converse.ErrDamaged},
		"a number that is not all here": {strings.NewReader(raw("\x01x\x05\x00\x00")), converse.ErrDamaged},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if event, err := converse.NewReader(test.body).Next(); !errors.Is(err, test.want) {
				t.Errorf("got %q, %v", event.Data, err)
			}
		})
	}
}

type errReader struct{ error }

func (r errReader) Read([]byte) (int, error) { return 0, r.error }

type nothingReader struct{}

func (nothingReader) Read([]byte) (int, error) { return 0, nil }

// raw is a message with those headers, its checksums right.
func raw(headers string) string {
	message := prelude(uint32(16+len(headers)), uint32(len(headers))) + headers
	return string(binary.BigEndian.AppendUint32([]byte(message), crc32.ChecksumIEEE([]byte(message))))
}

func TestHeadersOfAllTypesArePassedOver(t *testing.T) {
	m := eventstream.Message{Payload: []byte(" {\"a\":1}\n")}
	for name, value := range map[string]eventstream.Value{
		"bool": eventstream.BoolValue(true), "false": eventstream.BoolValue(false), "int8": eventstream.Int8Value(1), "int16": eventstream.Int16Value(1), "int32": eventstream.Int32Value(1),
		"int64": eventstream.Int64Value(1), "bytes": eventstream.BytesValue("abc"), "time": eventstream.TimestampValue(time.Unix(1, 0)),
		"uuid": eventstream.UUIDValue{}, ":message-type": eventstream.StringValue("event"), ":event-type": eventstream.StringValue(`a"b`),
	} {
		m.Headers.Set(name, value)
	}
	var body bytes.Buffer
	if err := eventstream.NewEncoder().Encode(&body, m); err != nil {
		t.Fatal(err)
	}
	event, err := converse.NewReader(&body).Next()
	if err != nil || string(event.Data) != `{"a\"b":{"a":1}}` {
		t.Errorf("got %s, %v", event.Data, err)
	}
}

func TestErrorsOfTheStreamAreEvents(t *testing.T) {
	for body, want := range map[string]string{
		upstreamtest.ConverseException("throttlingException", "x"): `{"exception":"throttlingException","message":"x"}`,
		upstreamtest.ConverseError("InternalError", `a"b`):         `{"exception":"InternalError","message":"a\"b"}`,
	} {
		event, err := converse.NewReader(strings.NewReader(body)).Next()
		if err != nil || string(event.Data) != want {
			t.Errorf("got %s, %v, want %s", event.Data, err, want)
		}
	}
}
