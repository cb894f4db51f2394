package translate_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

func TestUsageIsOnEveryTerminalEvent(t *testing.T) {
	for name, end := range map[string]func(s *translate.Stream){
		"completed":  (*translate.Stream).Complete,
		"incomplete": func(s *translate.Stream) { s.Incomplete("max_output_tokens") },
		"failed":     func(s *translate.Stream) { s.Fail(fault.New(fault.Truncated, "x")) },
	} {
		t.Run(name, func(t *testing.T) {
			usage := streamcheck.Final(speak(t, declared, func(s *translate.Stream) {
				s.Usage(translate.Usage{Input: 1, Output: 1})
				text(s, "a")
				s.Usage(translate.Usage{Input: 9, Cached: 4, CacheWrite: 1, Output: 5, Reasoning: 2})
				end(s)
			})).Get("usage").Raw
			const want = `{"input_tokens":9,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":1},` +
				`"output_tokens":5,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":14}`
			if usage != want {
				t.Errorf("got %s, want %s", usage, want)
			}
		})
	}
}

func TestF72UsageIsEstimatedWhereTheProviderCountsNothing(t *testing.T) {
	long := strings.Repeat("word ", 100)
	picture := strings.Repeat("A", 1<<20)
	tests := map[string]struct {
		body  string
		usage *translate.Usage
		least translate.Usage
		most  translate.Usage
	}{
		"no usage":       {request(`"input":"` + long + `"`), nil, translate.Usage{Input: 100, Output: 100}, translate.Usage{Input: 200, Output: 150}},
		"usage of zeros": {request(`"input":"` + long + `"`), &translate.Usage{}, translate.Usage{Input: 100, Output: 100}, translate.Usage{Input: 200, Output: 150}},
		"an output alone": {
			request(`"input":"` + long + `"`), &translate.Usage{Output: 7},
			translate.Usage{Input: 100, Output: 7},
			translate.Usage{Input: 200, Output: 7},
		},
		"an input alone": {
			request(`"input":"` + long + `"`), &translate.Usage{Input: 7},
			translate.Usage{Input: 7, Output: 100},
			translate.Usage{Input: 7, Output: 150},
		},
		"a picture counts for what it is, not for its bytes": {
			input(`{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,` + picture + `"}]}`), nil,
			translate.Usage{Input: 500, Output: 100},
			translate.Usage{Input: 5000, Output: 150},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stream, _ := newStream(t, test.body)
			if test.usage != nil {
				stream.Usage(*test.usage)
			}
			text(stream, long)
			stream.Complete()
			got := stream.Tokens()
			if !got.Estimated || got.Input < test.least.Input || got.Output < test.least.Output || got.Input > test.most.Input || got.Output > test.most.Output {
				t.Errorf("got %+v, want between %+v and %+v", got, test.least, test.most)
			}
		})
	}
}

func TestF74CountsOfOtherSemanticsAreBroughtIntoLine(t *testing.T) {
	tests := map[string]struct{ given, want translate.Usage }{
		"as the API counts":                   {translate.Usage{Input: 10, Cached: 10, Output: 5, Reasoning: 5}, translate.Usage{Input: 10, Cached: 10, Output: 5, Reasoning: 5}},
		"an input without what was cached":    {translate.Usage{Input: 136, Cached: 3200, Output: 5}, translate.Usage{Input: 3336, Cached: 3200, Output: 5}},
		"an output without what was thought":  {translate.Usage{Input: 10, Output: 5, Reasoning: 90}, translate.Usage{Input: 10, Output: 95, Reasoning: 90}},
		"an input without what was kept, too": {translate.Usage{Input: 136, Cached: 3000, CacheWrite: 200, Output: 5}, translate.Usage{Input: 3336, Cached: 3000, CacheWrite: 200, Output: 5}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			stream, _ := newStream(t, declared)
			text(stream, "a")
			stream.Usage(test.given)
			stream.Complete()
			if got := stream.Tokens(); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}
