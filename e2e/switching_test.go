package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// A thread that goes to every provider and round once more loses nothing that was said and no pairing of calls and results, gets nowhere
// what another has sealed, and brings each provider back its own.
func TestAThreadThatSwitchesProviders(t *testing.T) {
	providers := make([]*upstreamtest.Upstream, len(speeches))
	var blocks []string
	for i, s := range speeches {
		var replies []upstreamtest.Reply
		for round := range 2 {
			replies = append(replies,
				s.asks(thoughtOf(i, round), sealOf(i, round), toolCall{fmt.Sprintf("call_%d_%d", i, round), "exec_command", fmt.Sprintf(`{"cmd":"echo output-%d-%d"}`, i, round)}),
				s.says(answerOf(i, round)))
		}
		providers[i] = s.strict(upstreamtest.New(t, replies...))
		blocks = append(blocks, fmt.Sprintf(s.block, providers[i].URL))
	}
	c := newCodex(t, start(t, strings.Join(blocks, "\n")), settings{})

	var said []string
	for round := range 2 {
		for i, s := range speeches {
			flags := []string{"-m", s.provider() + "/" + s.model}
			if len(said) > 0 {
				flags = append([]string{"resume", "--last"}, flags...)
			}
			question := fmt.Sprintf("Question %d-%d.", i, round)
			c.exec(question, flags...).answers(answerOf(i, round)).silent()

			requests := took(t, providers[i], 2*round+2)
			said = append(said, question)
			for _, request := range requests[2*round:] {
				holds(t, request, said...)
			}
			said = append(said, fmt.Sprintf("output-%d-%d", i, round))
			holds(t, requests[2*round+1], said...)
			said = append(said, answerOf(i, round))
			s.keepsToItsOwn(t, i, round, requests)
		}
	}
}

func thoughtOf(i, round int) string { return fmt.Sprintf("Thought %d-%d.", i, round) }
func answerOf(i, round int) string  { return fmt.Sprintf("Answer %d-%d.", i, round) }

// sealOf is base64 and begins as everything does that the strict providers have sealed.
func sealOf(i, round int) string { return fmt.Sprintf("c2VhbC1%c%cAAA", 'a'+i, 'A'+round) }

// keepsToItsOwn checks what came back of reasoning: all that the provider has made itself, where its model is the same, and nothing else.
func (s *speech) keepsToItsOwn(t *testing.T, i, round int, requests []upstreamtest.Request) {
	t.Helper()
	last := requests[2*round+1]
	for r := range round + 1 {
		own := sealOf(i, r)
		if s.unsealed {
			own = thoughtOf(i, r)
		}
		holds(t, last, own)
	}
	for j := range speeches {
		for r := range 2 {
			for _, foreign := range []string{sealOf(j, r), thoughtOf(j, r)} {
				if j != i && strings.Contains(string(last.Body), foreign) {
					t.Errorf("%s got %s, which %s had made", s.name, foreign, speeches[j].name)
				}
			}
		}
	}
	if strings.Contains(string(last.Body), `"ccr1.`) { // as all of ours begin
		t.Errorf("%s got an envelope: %s", s.name, last.Body)
	}
}
