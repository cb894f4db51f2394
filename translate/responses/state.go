package responses

import (
	"strings"

	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/envelope"
)

// Names of the forms in which reasoning goes back, as they stand in envelopes and in the knob reasoning_out.
const (
	fieldEncrypted = "encrypted_content" // the whole item, with what the service has sealed
	fieldText      = "reasoning_text"
	fieldSummary   = "summary_text"
)

// ownState is the item that an envelope holds for a target that has sealed it, nil for any other target.
func ownState(state *envelope.Payload, target *translate.Target) []byte {
	if state == nil || state.Field != fieldEncrypted || state.Provider != target.Provider || family(state.Model) != family(target.Model) {
		return nil
	}
	return state.Data
}

// family is what models have in common that read each other's sealed reasoning: the name up to its first number.
func family(model string) string {
	model = strings.ToLower(model)
	start := strings.IndexFunc(model, isDigit)
	if start < 0 {
		return model
	}
	if n := strings.IndexFunc(model[start:], func(r rune) bool { return !isDigit(r) }); n >= 0 {
		return model[:start+n]
	}
	return model
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
