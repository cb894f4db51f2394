package codexresponses_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/gatewaytest"
	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// pageOf gets a page of input items, which must be as the API has them.
func pageOf(t *testing.T, gw *gatewaytest.Gateway, path string) gatewaytest.Response {
	t.Helper()
	got := requireObject(t, "ResponseItemList", gw.With(t).Get(path))
	items := got.Get("data").Array()
	if len(items) > 0 && (got.Get("first_id").String() != items[0].Get("id").String() || got.Get("last_id").String() != items[len(items)-1].Get("id").String()) {
		t.Errorf("the page says it goes from %s to %s: %s", got.Get("first_id"), got.Get("last_id"), got.Body)
	}
	return got
}

// pages are the ids of all items of a list, read page by page.
func pages(t *testing.T, gw *gatewaytest.Gateway, path string, limit int) (ids []string) {
	t.Helper()
	for after := ""; ; {
		got := pageOf(t, gw, fmt.Sprintf("%s&limit=%d&after=%s", path, limit, after))
		for _, item := range got.Get("data").Array() {
			ids = append(ids, item.Get("id").String())
		}
		if n := int(got.Get("data.#").Int()); n > limit || n < limit && got.Get("has_more").Bool() {
			t.Fatalf("a page of %d has %d items: %s", limit, n, got.Body)
		}
		if !got.Get("has_more").Bool() {
			return ids
		}
		after = got.Get("last_id").String()
	}
}

// everything are items of many forms.
const everything = `[
	{"role":"developer","content":"Be kind."},
	{"role":"user","content":[{"type":"input_text","text":"Who?"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]},
	{"type":"message","role":"user","id":null,"status":null,"content":[{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo=","detail":"low"}]},
	{"role":"assistant","content":"Let me see."},
	{"type":"message","id":"msg_own","role":"assistant","phase":"commentary","content":[{"type":"output_text","text":"Hm."}]},
	{"type":"reasoning","id":"rs_own","summary":[],"encrypted_content":null},
	{"type":"function_call","call_id":"call_0","name":"look","arguments":"{}"},
	{"type":"function_call_output","call_id":"call_0","output":"a hat"},
	{"type":"function_call","call_id":"call_p","name":"look","arguments":"{}","status":null},
	{"type":"function_call_output","call_id":"call_p","output":[{"type":"input_text","text":"a cat"},{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]},
	{"type":"custom_tool_call","call_id":"call_c","name":"patch","input":"x"},
	{"type":"custom_tool_call_output","call_id":"call_c","output":"done"},
	{"role":"user","content":[{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}]}
]`

func TestInputItems(t *testing.T) {
	inEachStore(t, func(t *testing.T, store string) {
		gw := start(t, mock(upstreamtest.New(t, callsOf("call_1"), hello())), store)
		first := create(t, gw, offersLook+`,"input":`+everything)
		second := create(t, gw, goesOn(first, `[`+output("call_1", "a cat")+`,{"role":"user","content":"So?"}]`))
		for _, test := range []struct {
			of    gatewaytest.Response
			items int
		}{{first, 13}, {second, 16}} {
			path := "/v1/responses/" + id(test.of) + "/input_items?order="
			up := pages(t, gw, path+"asc", 100)
			if len(up) != test.items {
				t.Fatalf("there are %d items, want %d: %v", len(up), test.items, up)
			}
			for _, limit := range []int{1, 2, 5, len(up)} {
				if got := pages(t, gw, path+"asc", limit); !reflect.DeepEqual(got, up) {
					t.Errorf("in pages of %d they are %v, want %v", limit, got, up)
				}
				down := pages(t, gw, path+"desc", limit)
				for i := range up {
					if len(down) != len(up) || down[i] != up[len(up)-1-i] {
						t.Fatalf("downward in pages of %d they are %v, want the reverse of %v", limit, down, up)
					}
				}
			}
		}
		usual := pageOf(t, gw, "/v1/responses/"+id(second)+"/input_items")
		if got := usual.Get("data.#").Int(); got != 16 || usual.Get("data.0.content.0.text").String() != "So?" || usual.Get("has_more").Bool() {
			t.Errorf("without parameters there is %s", usual.Body)
		}
		if got := pageOf(t, gw, "/v1/responses/"+id(second)+"/input_items?order=asc&limit=14&include[]=x"); got.Get("data.13.type").String() != "function_call" ||
			got.Get("data.13.id").String() != first.Get("output.0.id").String() || !got.Get("has_more").Bool() {
			t.Errorf("the answer of the first is not at its place: %s", got.Body)
		}
	})
}

func TestInputThatIsAText(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := create(t, gw, `"input":"Say \u0022hello\u0022."`)
	got := pageOf(t, gw, "/v1/responses/"+id(made)+"/input_items")
	if item := got.Get("data.0"); got.Get("data.#").Int() != 1 || item.Get("role").String() != "user" || item.Get("content.0.text").String() != `Say "hello".` ||
		!strings.HasPrefix(item.Get("id").String(), "msg_") {
		t.Errorf("got %s", got.Body)
	}
}

func TestListsThatAreAskedForWrongly(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	made := create(t, gw, `"input":"Hi."`)
	conversation := gw.Post("/v1/conversations", `{"items":[{"role":"user","content":"Hi."}]}`)
	for _, list := range []string{"/v1/responses/" + id(made) + "/input_items", "/v1/conversations/" + id(conversation) + "/items"} {
		for query, param := range map[string]string{
			"limit=0": "limit", "limit=101": "limit", "limit=many": "limit", "limit=-1": "limit", "order=up": "order", "after=msg_gone": "after",
		} {
			requireError(t, gw.Get(list+"?"+query), http.StatusBadRequest, "invalid_prompt", param, param)
		}
	}
	requireError(t, gw.Get("/v1/responses/resp_gone/input_items"), http.StatusNotFound, "not_found", "", "Response with id 'resp_gone' not found.")
	requireError(t, gw.Get("/v1/responses/"+id(made)+"?stream=true"), http.StatusBadRequest, "invalid_prompt", "stream", "background")
	requireError(t, gw.Post("/v1/responses/"+id(made)+"/cancel", ""), http.StatusBadRequest, "invalid_prompt", "", "background")
}
