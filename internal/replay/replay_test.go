package replay_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/replay"
	"github.com/caddy-codex/responses/internal/replies"
	"github.com/caddy-codex/responses/internal/streamcheck"
)

// eachReply runs a test for each reply of the collection.
func eachReply(t *testing.T, test func(t *testing.T, reply *replies.Reply, play func(io.Reader) []byte)) {
	t.Helper()
	all := replies.All()
	for i := range all {
		t.Run(all[i].Name, func(t *testing.T) {
			t.Parallel()
			player, err := replay.For(&all[i])
			if err != nil {
				t.Fatal(err)
			}
			test(t, &all[i], player.Play)
		})
	}
}

func TestEveryReplyBecomesWhatItShould(t *testing.T) {
	t.Parallel()
	eachReply(t, func(t *testing.T, reply *replies.Reply, play func(io.Reader) []byte) {
		events := streamcheck.Require(t, play(bytes.NewReader(reply.Body)))
		last := events[len(events)-1]
		response := last.Response()
		if last.Type != "response."+reply.Outcome {
			t.Errorf("it ends with %s (%s), want response.%s", last.Type, response.Get("error.message"), reply.Outcome)
		}
		if got := replies.Describe(response); !slices.Equal(got, reply.Output) {
			t.Errorf("the output is %q, want %q", got, reply.Output)
		}
		if got := response.Get("error.message").Str; !strings.Contains(got, reply.Error) || reply.Error != "" && !strings.Contains(got, replay.Provider) {
			t.Errorf("the message is %q, want the provider and %q in it", got, reply.Error)
		}
		usage := response.Get("usage")
		got := []int64{
			usage.Get("input_tokens").Int(), usage.Get("input_tokens_details.cached_tokens").Int(),
			usage.Get("output_tokens").Int(), usage.Get("output_tokens_details.reasoning_tokens").Int(),
		}
		if reply.Tokens != nil && !slices.Equal(got, reply.Tokens) {
			t.Errorf("the tokens are %d, want %d", got, reply.Tokens)
		}
		if got[0] == 0 || len(reply.Output) > 0 && got[2] == 0 {
			t.Errorf("the tokens are %d: what is not counted is to be estimated", got)
		}
		ids := []string{"exec_command:0"} // the history has it
		for _, id := range response.Get("output.#.call_id").Array() {
			if id.Str == "" || slices.Contains(ids, id.Str) {
				t.Errorf("the call id %q is not of one call", id.Str)
			}
			ids = append(ids, id.Str)
		}
	})
}

func TestEveryReplyIsTheSameHoweverItArrives(t *testing.T) {
	t.Parallel()
	eachReply(t, func(t *testing.T, reply *replies.Reply, play func(io.Reader) []byte) {
		want := opened(play(bytes.NewReader(reply.Body)))
		for ending, body := range map[string][]byte{
			"LF":   reply.Body,
			"CRLF": bytes.ReplaceAll(reply.Body, []byte("\n"), []byte("\r\n")),
			"CR":   bytes.ReplaceAll(reply.Body, []byte("\n"), []byte("\r")),
		} {
			for how, src := range map[string]io.Reader{
				"at once":        bytes.NewReader(body),
				"byte by byte":   iotest.OneByteReader(bytes.NewReader(body)),
				"in halves":      iotest.HalfReader(bytes.NewReader(body)),
				"with its error": iotest.DataErrReader(bytes.NewReader(body)),
			} {
				if got := opened(play(src)); !bytes.Equal(got, want) {
					t.Errorf("with %s, %s: got\n%s\nwant\n%s", ending, how, got, want)
				}
			}
		}
	})
}

func TestEveryReplyMayBreakOffAnywhere(t *testing.T) {
	t.Parallel()
	broken := errors.New("connection reset by peer")
	eachReply(t, func(t *testing.T, reply *replies.Reply, play func(io.Reader) []byte) {
		atLeast, whole := decided(reply.Body)
		seen := make(map[string]string) // stream to outcome
		for n := range reply.Body {
			cut := reply.Body[:n]
			for how, src := range map[string]io.Reader{
				"ends":   bytes.NewReader(cut),
				"breaks": io.MultiReader(bytes.NewReader(cut), iotest.ErrReader(broken)),
			} {
				stream := string(opened(play(src)))
				outcome, known := seen[stream]
				if !known {
					events := streamcheck.Require(t, []byte(stream))
					outcome = strings.TrimPrefix(events[len(events)-1].Type, "response.")
					seen[stream] = outcome
				}
				switch {
				case n < atLeast && outcome != "failed":
					t.Fatalf("what %s behind byte %d, %q, is %s:\n%s", how, n, tail(cut), outcome, stream)
				case n >= whole && outcome != reply.Outcome:
					t.Fatalf("what %s behind byte %d, %q, is %s, although all was said:\n%s", how, n, tail(cut), outcome, stream)
				}
			}
		}
	})
}

// decided returns how many bytes of a reply have to be there before it can be whole, and how many make it so: those up to the end of
// the frame that says how it ends, without and with the line ends that close it.
func decided(body []byte) (atLeast, whole int) {
	end := 0
	for frame := range bytes.SplitAfterSeq(body, []byte("\n\n")) {
		start := end
		end += len(frame)
		var data []byte
		for line := range bytes.Lines(frame) {
			if rest, ok := bytes.CutPrefix(line, []byte("data:")); ok {
				data = append(data, rest...)
			}
		}
		data = bytes.TrimSpace(data)
		if string(data) == "[DONE]" || gjson.GetBytes(data, "choices.0.finish_reason").String() != "" {
			return start + len(bytes.TrimRight(frame, " \n")), end
		}
	}
	return len(body), len(body)
}

var sealed = regexp.MustCompile(`"encrypted_content":"[^"]*"`)

// opened is a stream without what was sealed in it, which differs each time.
func opened(stream []byte) []byte {
	return sealed.ReplaceAll(stream, []byte(`"encrypted_content":"sealed"`))
}

// tail is the end of what was read, for a message.
func tail(body []byte) []byte { return body[max(0, len(body)-40):] }
