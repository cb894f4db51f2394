package codexresponses_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// What a request goes on from counts as if the client had sent it: else a few bytes could make a request of any length.
func TestARequestWithWhatItGoesOnFromIsNoLargerThanItMayBe(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		upstream := upstreamtest.New(t, hello(), hello())
		gw := start(t, mock(upstream), store, "max_body 100KiB")
		long := fmt.Sprintf("%q", strings.Repeat("long ", 12<<10)) // 60 KiB
		first := create(t, gw, `"input":`+long)
		second := create(t, gw, goesOn(first, `"Go on."`))
		conversation := converse(t, gw, `{"items":[{"type":"message","id":"msg_long","role":"user","content":`+long+`}]}`)
		const large = "the body is larger than the limit"
		for _, members := range []string{
			goesOn(first, long), goesOn(second, long), `"conversation":"` + id(conversation) + `","input":` + long,
			`"input":[{"type":"item_reference","id":"msg_long"},{"type":"item_reference","id":"msg_long"}]`,
		} {
			got := gw.Post("/v1/responses", `{"model":"m",`+members+`}`)
			if got.Status != http.StatusRequestEntityTooLarge || !strings.Contains(string(got.Body), large) {
				t.Errorf("%.60s gave %d %.200s", members, got.Status, got.Body)
			}
		}
		if n := len(upstream.Requests()); n != 2 {
			t.Errorf("the provider got %d requests", n)
		}
	})
}

// A connection remembers no more than a request may have, also where no provider is asked.
func TestALaneIsNoLongerThanARequest(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())), "store off", "max_body 100KiB")
	c := dial(t, gw)
	long := fmt.Sprintf(`"generate":false,"input":%q`, strings.Repeat("long ", 12<<10))
	c.create(long)
	first := c.completed("", "")
	c.create(after(first) + long)
	c.refused(http.StatusRequestEntityTooLarge, "request_too_large")
}

func TestALaneGoesOnFromWhatItsInputReferredTo(t *testing.T) {
	upstream := upstreamtest.New(t, text("One."), text("Two."), text("Three."))
	gw := start(t, mock(upstream))
	first := create(t, gw, `"input":"Hi."`)
	c := dial(t, gw)
	c.create(fmt.Sprintf(`"input":[{"type":"item_reference","id":%q},{"role":"user","content":"And?"}]`, first.Get("output.0.id").String()))
	second := c.completed("", "Two.")
	c.create(after(second) + asks("More."))
	c.completed("", "Three.")
	requireSpoken(t, upstream.Request(2), "assistant: One.", "user: And?", "assistant: Two.", "user: More.")
}

func TestPagesMayDeleteWhatIsStored(t *testing.T) {
	gw := start(t, mock(upstreamtest.New(t, hello())), "cors *")
	for _, path := range []string{"/responses/resp_1", "/conversations/conv_1", "/conversations/conv_1/items/msg_1"} {
		got := gw.Do(http.MethodOptions, "/v1"+path, "", "Origin: https://app.example", "Access-Control-Request-Method: DELETE")
		if allowed := got.Header.Get("Access-Control-Allow-Methods"); got.Status != http.StatusNoContent || !strings.Contains(allowed, "DELETE") {
			t.Errorf("%s: got %d, with %q allowed", path, got.Status, allowed)
		}
	}
}

func TestAStreamBehindTheGreatestNumber(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := begin(t, gw, `"input":"Hi."`)
	awaitEnd(t, gw, id(made))
	for _, number := range []string{"9223372036854775806", "1000000000000"} {
		got := gw.Get("/v1/responses/" + id(made) + "?stream=true&starting_after=" + number)
		if got.Status != http.StatusOK || len(got.Body) != 0 {
			t.Errorf("behind %s there is: %d %.200s", number, got.Status, got.Body)
		}
	}
	requireError(t, gw.Get("/v1/responses/"+id(made)+"?stream=true&starting_after=9223372036854775807"),
		http.StatusBadRequest, "invalid_prompt", "starting_after", "starting_after")
}
