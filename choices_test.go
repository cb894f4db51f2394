package codexresponses_test

import (
	"testing"

	"github.com/caddy-codex/responses/internal/streamcheck"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// Codex says that it wants one call at a time of every model that it does not know, and makes several one after the other all the same.
func TestOneCallAtATimeIsForClientsThatMeanIt(t *testing.T) {
	const request = `{"model":"m","input":"Look.","stream":true,"parallel_tool_calls":false,"tools":[{"type":"function","name":"f"}]}`
	two := upstreamtest.Stream(upstreamtest.ToolCall(0, "c1", "f", "{}"), upstreamtest.ToolCall(1, "c2", "f", "{}"), upstreamtest.Finish("tool_calls"))
	upstream := upstreamtest.New(t, two)
	gw := start(t, mock(upstream))
	for client, calls := range map[string]int{"User-Agent: sdk": 1, asCodex: 2} {
		if items := streamcheck.Items(gw.PostStream("/v1/responses", request, client).Require()); len(items) != calls {
			t.Errorf("%s gets %v", client, items)
		}
	}
}

func TestTheTierOfServiceIsTheOneThatTheProviderGives(t *testing.T) {
	const request = `{"model":"m","input":"Say hello.","service_tier":"flex"}`
	upstream := upstreamtest.New(t, hello())
	for knob, want := range map[string]string{"send": "flex", "omit": "default"} {
		got := start(t, mock(upstream, "set service_tier "+knob)).Post("/v1/responses", request)
		if tier := got.Get("service_tier").String(); tier != want {
			t.Errorf("%s: it is %q, want %q", knob, tier, want)
		}
	}
}
