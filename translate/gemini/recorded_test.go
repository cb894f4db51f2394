package gemini_test

import (
	"testing"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/gemini"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "gemini", gemini.Encode, "tools")
}

func TestRecordedRequestsSuitEveryModel(t *testing.T) { wire.SuitsRecorded(t) }

// F75: a content stays open for what the same role says next, so the end of the last one may move.
func TestF75AnEarlierTurnIsAPrefixOfTheNext(t *testing.T) {
	wire.KeepsPrefixes(t, func(body []byte) string { return sent(body, "contents") }, "]}]", "")
}
