package e2e

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/replay"
	"github.com/caddy-codex/responses/internal/replies"
	"github.com/caddy-codex/responses/internal/streamcheck"
)

// recordedStream is a stream of the gateway, and what is in it.
type recordedStream struct {
	name     string
	body     []byte
	response gjson.Result // of the terminal event
	streamed []string     // what the deltas of each item add up to
}

// recordedStreams are the streams of all replies: as they are, with a heartbeat before each event, and cut off behind each frame.
func recordedStreams(t *testing.T) []recordedStream {
	t.Helper()
	var all []recordedStream
	add := func(name string, player *replay.Player, reply []byte) {
		all = append(all, newRecordedStream(t, name, player.Play(bytes.NewReader(reply))))
	}
	known := replies.All()
	for i := range known {
		reply := &known[i]
		player, err := replay.For(reply)
		if err != nil {
			t.Fatal(err)
		}
		add(reply.Name, player, reply.Body)
		end := 0
		for frame := range bytes.SplitAfterSeq(reply.Body, []byte("\n\n")) {
			add(fmt.Sprintf("%s-cut-%d", reply.Name, end), player, reply.Body[:end])
			end += len(frame)
		}
		player.Beats = true
		add(reply.Name+"-beats", player, reply.Body)
	}
	return all
}

func newRecordedStream(t *testing.T, name string, body []byte) recordedStream {
	t.Helper()
	events, err := streamcheck.Parse(body)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	s := recordedStream{name: name, body: body, response: events[len(events)-1].Response()}
	for _, event := range events {
		switch {
		case event.Type == "response.output_item.added":
			s.streamed = append(s.streamed, "")
		case strings.HasSuffix(event.Type, ".delta"):
			s.streamed[event.Get("output_index").Int()] += event.Get("delta").Str
		}
	}
	return s
}

// text is all the text of the answer.
func (s *recordedStream) text() string {
	var all string
	for _, line := range replies.Describe(s.response) {
		if text, ok := strings.CutPrefix(line, "message: "); ok {
			all += text
		}
	}
	return all
}
