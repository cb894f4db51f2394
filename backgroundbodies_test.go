package codexresponses_test

import (
	"fmt"
	"net/http"
	"testing"
)

// What runs in the background and goes on from something reads its request only then, while its client is being answered. This is for the
// race detector.
func TestARequestIsReadInTheBackgroundOnly(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	first := create(t, gw, `"input":"Hi."`)
	for i := range 20 {
		made := begin(t, gw, goesOn(first, fmt.Sprintf("%q", fmt.Sprint("Go on ", i))))
		awaitEnd(t, gw, id(made))
	}
}

// A response that is cancelled is told from a request that is still there. This is for the race detector as well.
func TestWhatIsCancelledTellsItsTokens(t *testing.T) {
	step := make(chan struct{})
	defer close(step)
	upstream := strictChat(t, hello().Hold(step))
	gw := start(t, mock(upstream))
	for i := range 5 {
		made := begin(t, gw, `"input":"Hi."`)
		upstream.Request(i)
		got := gw.Post("/v1/responses/"+id(made)+"/cancel", "")
		if got.Status != http.StatusOK || got.Get("status").String() != "cancelled" || got.Get("usage.input_tokens").Int() == 0 {
			t.Errorf("got %d %s", got.Status, got.Body)
		}
	}
}
