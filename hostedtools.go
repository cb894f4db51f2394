package codexresponses

import (
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/caddy-codex/responses/translate"
)

// droppedTools are the hosted tools that the client declared and that the attempt's provider does not get.
func droppedTools(req *translate.Request, a *attempt) []string {
	if a.native() {
		return nil
	}
	dropped := req.Tools.Dropped
	if req.Tools.Search != nil && a.dialect.WebSearch == "none" {
		dropped = append(slices.Clip(dropped), "web_search")
	}
	return dropped
}

// noteDropped says once for a provider which tools it does not get.
func (x *exchange) noteDropped(a *attempt, dropped []string) {
	x.record.ToolsDropped = dropped
	if len(dropped) == 0 {
		return
	}
	names := strings.Join(dropped, ", ")
	if a.upstream.note(names) {
		x.handler.logger.Info("the provider has no counterpart of tools that a client declared; they are left out",
			zap.String("provider", a.upstream.name), zap.String("model", a.model), zap.String("tools", names))
	}
}
