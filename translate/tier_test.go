package translate_test

import (
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/translate"
)

func TestTheTierOfServiceIsTheActualOneInTheEnd(t *testing.T) {
	tests := map[string]struct {
		wanted       string
		told         bool // the provider is told of it
		said         string
		before, last string
	}{
		"nothing is wanted":                        {"", true, "", "default", "default"},
		"nothing is wanted, and the provider says": {"", false, "priority", "default", "priority"},
		"whatever there is":                        {"auto", true, "", "auto", "default"},
		"whatever there is, and it is said":        {"auto", true, "flex", "auto", "flex"},
		"one that the provider is told of":         {"flex", true, "", "flex", "flex"},
		"one that it is not told of":               {"flex", false, "", "flex", "default"},
		"another than was wanted":                  {"priority", true, "default", "priority", "default"},
		"fast is priority":                         {"fast", true, "fast", "fast", "priority"},
		"standard is default":                      {"flex", true, "standard", "flex", "default"},
		"a word that the API does not have":        {"flex", true, "batch", "flex", "flex"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := request(`"input":"hi"`)
			if test.wanted != "" {
				body = request(`"input":"hi"`, `"service_tier":"`+test.wanted+`"`)
			}
			events := speak(t, body, func(s *translate.Stream) {
				s.Attempt(translate.Target{Provider: "p", Tiers: test.told})
				text(s, "a")
				if test.said != "" {
					s.ServiceTier([]byte(test.said))
				}
				s.Complete()
			})
			if got := events[0].Response().Get("service_tier").String(); got != test.before {
				t.Errorf("at first %q, want %q", got, test.before)
			}
			if got := streamcheck.Final(events).Get("service_tier").String(); got != test.last {
				t.Errorf("in the end %q, want %q", got, test.last)
			}
		})
	}
}

func TestTheTierOfAnEarlierAttemptIsForgotten(t *testing.T) {
	events := speak(t, request(`"input":"hi"`), func(s *translate.Stream) {
		s.ServiceTier([]byte("flex"))
		s.Attempt(translate.Target{Provider: "p"})
		text(s, "a")
		s.Complete()
	})
	if got := streamcheck.Final(events).Raw; !strings.Contains(got, `"service_tier":"default"`) {
		t.Error(got)
	}
}
