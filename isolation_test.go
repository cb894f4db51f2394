package codexresponses_test

import (
	"net/http"
	"testing"
)

// Not every client says what kind of key it sends.
func TestKeysWithoutASchemeAreApart(t *testing.T) {
	gw := start(t, mock(strictChat(t, hello())))
	first := create(t, gw, `"input":"Hi."`, "Authorization: key-of-alice")
	retrieve(t, gw, id(first), "Authorization: key-of-alice")
	for _, header := range []string{"Authorization: key-of-bob", "X-Nothing: none", "Authorization: Bearer"} {
		if got := gw.Get("/v1/responses/"+id(first), header); got.Status != http.StatusNotFound {
			t.Errorf("%s got %d %s", header, got.Status, got.Body)
		}
	}
	open := create(t, gw, `"input":"Hi."`)
	retrieve(t, gw, id(open), "Authorization: Bearer")
}
