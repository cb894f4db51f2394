package converse_test

import (
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/wiretest"
	"github.com/caddy-codex/responses/translate/converse"
)

func TestRecordedRequestsBecomeTheGoldenBodies(t *testing.T) {
	wiretest.Goldens(t, "converse", converse.Encode, "toolConfig.tools")
}

func TestRecordedRequestsSuitEveryModel(t *testing.T) { wire.SuitsRecorded(t) }

// F75: a message of the user's may grow from turn to turn.
func TestF75AnEarlierTurnIsAPrefixOfTheNext(t *testing.T) { wire.KeepsPrefixes(t, unmarked, "]}]", "") }

// unmarked are the messages of a body without the marks for the prompt cache.
func unmarked(body []byte) string {
	return strings.ReplaceAll(gjson.GetBytes(body, "messages").Raw, `,{"cachePoint":{"type":"default"}}`, "")
}
