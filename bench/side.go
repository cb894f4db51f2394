package main

import (
	"net/http"
	"net/url"
	"strings"
)

const sessionID = "00000000-0000-7000-8000-000000000001"

// turnMetadata is what the Codex CLI says of itself with each request, in a header and in the body.
const turnMetadata = `{"installation_id":"00000000-0000-7000-8000-000000000002","session_id":"` + sessionID + `","thread_id":"` + sessionID +
	`","agent_name":"/root","turn_id":"00000000-0000-7000-8000-000000000003","window_number":0,"request_kind":"turn",` +
	`"history_initialization":"new","thread_source":"user","turn_trigger":"exec","sandbox":"none","sandbox_mode":"danger-full-access",` +
	`"workspaces":{"/home/dev/project":{"latest_git_commit_hash":"931b8fb77db8b3ceff7942ea2c3886a5c2c28696","has_changes":false}}}`

// A side is one of the two things compared: how it is set up, and what is asked of it.
type side struct {
	name string

	// site returns the Caddyfile directives.
	site func(wires []*wire, upstream string) string

	key     string   // of the client; empty for the usual one
	threads *threads // of the client; nil for the usual one
	env     []string // of the server, besides what it inherits

	// ask returns what to ask of a server for a model of the upstream on a wire. The path has no host.
	ask func(w *wire, model string) *target
}

// The plain side forwards the stream of the wire's upstream untouched. Its request has about the size of the gateway's to the upstream.
var plainSide = &side{
	name: "plain",
	site: func(_ []*wire, upstream string) string { return "reverse_proxy " + upstream },
	ask: func(w *wire, model string) *target {
		return &target{url: &url.URL{Path: w.requested(model), RawQuery: w.query}, body: w.body(model), reading: &w.reading}
	},
}

var gatewaySide = &side{
	name: "gateway",
	site: func(wires []*wire, upstream string) string {
		var blocks []string
		for _, w := range wires {
			blocks = append(blocks, w.block(upstream))
		}
		return "codex_responses {\n\t\t" + strings.Join(blocks, "\n\t\t") + "\n\t}"
	},
	ask: func(w *wire, model string) *target {
		return &target{url: &url.URL{Path: "/v1/responses"}, body: responsesBody(w.provider() + "/" + model), reading: &responsesFormat.reading}
	},
}

// header returns the request headers of the Codex CLI. Both sides get them.
func header() http.Header {
	return http.Header{
		"Accept":                {"text/event-stream"},
		"Content-Type":          {"application/json"},
		"Authorization":         {"Bearer bench-key"},
		"Originator":            {"codex_exec"},
		"User-Agent":            {"codex_exec/0.169.0 (Debian 12.0.0; x86_64) dumb (codex_exec; 0.169.0)"},
		"Session-Id":            {sessionID},
		"Thread-Id":             {sessionID},
		"X-Client-Request-Id":   {sessionID},
		"X-Codex-Window-Id":     {sessionID + ":0"},
		"X-Codex-Turn-Metadata": {turnMetadata},
	}
}
