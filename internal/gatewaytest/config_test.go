package gatewaytest

import (
	"testing"

	"github.com/tidwall/gjson"
)

func TestHandlersKeepToThemselves(t *testing.T) {
	g := &Gateway{storage: "/tmp/of-the-test"}
	const own = `{"name":"bolt","path":"/tmp/of-the-test/sessions.db"}`
	for name, test := range map[string]struct{ handler, backend, interval string }{
		"without a store":              {`"providers":[{"name":"a"}]`, own, "-1"},
		"with the store for a time":    {`"store":{"ttl":1}`, own, ""},
		"with a file without a path":   {`"store":{"backend":{"name":"bolt"}}`, own, ""},
		"with a file at a path":        {`"store":{"backend":{"name":"bolt","path":"/a"}}`, `{"name":"bolt","path":"/a"}`, ""},
		"with another store":           {`"store":{"backend":{"name":"memory"}}`, `{"name":"memory"}`, ""},
		"with nothing stored":          {`"store":{"off":true}`, "", ""},
		"with a provider that is read": {`"providers":[{"name":"a","read_models":5}]`, own, "5"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := g.isolateHandlers([]byte(`{"a":[{"b":{"handler":"codex_responses",` + test.handler + `}}]}`))
			if err != nil {
				t.Fatal(err)
			}
			handler := gjson.GetBytes(got, "a.0.b")
			if backend := handler.Get("store.backend").Raw; backend != test.backend {
				t.Errorf("the store is %s, want %s", backend, test.backend)
			}
			if interval := handler.Get("providers.0.read_models").Raw; interval != test.interval {
				t.Errorf("models are read every %s, want %s", interval, test.interval)
			}
		})
	}
}
