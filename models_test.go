package codexresponses_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/tidwall/gjson"
)

func TestF24ModelsServeCodexAndSDKs(t *testing.T) {
	dead := refusing(t)
	gw := start(t,
		provider("deepseek deepseek", dead, "model fast deepseek-v4-flash"),
		provider("mock", dead, "model small tiny-1"),
		"route gpt-5.5 mock/big deepseek",
		"route claude-* mock")
	got := gw.Get("/v1/models")
	if got.Status != http.StatusOK || got.Header.Get("Content-Type") != "application/json" || got.Get("object").String() != "list" {
		t.Fatalf("got %d %s", got.Status, got.Body)
	}
	ids, slugs := texts(got.Get("data.#.id")), texts(got.Get("models.#.slug"))
	for _, name := range []string{"gpt-5.5", "fast", "small"} {
		if !slices.Contains(ids, name) {
			t.Errorf("%s is missing among %q", name, ids)
		}
	}
	if slices.Sort(ids); slices.Contains(ids, "claude-*") {
		t.Error("a pattern is listed as a model")
	}
	if slices.Sort(slugs); !slices.Equal(ids, slugs) {
		t.Errorf("the OpenAI list has %q, Codex's catalogue %q", ids, slugs)
	}
	if got.Get("models.#.base_instructions|#").Int() != int64(len(slugs)) {
		t.Error("a model has no base_instructions")
	}
	t.Run("is answered at once", func(t *testing.T) {
		fastest := time.Hour
		for range 5 {
			begin := time.Now()
			gw.With(t).Get("/v1/models?client_version=0.169.0")
			fastest = min(fastest, time.Since(begin))
		}
		if fastest > 50*time.Millisecond {
			t.Errorf("it took %s", fastest)
		}
	})
	t.Run("is kept by its ETag", func(t *testing.T) {
		etag := got.Header.Get("ETag")
		for _, tag := range []string{etag, "W/" + etag, `"x", ` + etag, "*"} {
			again := gw.With(t).Get("/v1/models", "If-None-Match: "+tag)
			if again.Status != http.StatusNotModified || len(again.Body) > 0 || again.Header.Get("ETag") != etag {
				t.Errorf("%s: got %d %v %s", tag, again.Status, again.Header, again.Body)
			}
		}
		if again := gw.With(t).Get("/v1/models", `If-None-Match: "x"`); again.Status != http.StatusOK {
			t.Errorf("got %d for another tag", again.Status)
		}
	})
	t.Run("has a head", func(t *testing.T) {
		head := gw.With(t).Do(http.MethodHead, "/v1/models", "")
		if head.Status != http.StatusOK || len(head.Body) > 0 || head.Header.Get("ETag") != got.Header.Get("ETag") ||
			head.Header.Get("Content-Length") != got.Header.Get("Content-Length") {
			t.Errorf("got %d %v %s", head.Status, head.Header, head.Body)
		}
	})
}

func texts(list gjson.Result) []string {
	var all []string
	for _, one := range list.Array() {
		all = append(all, one.String())
	}
	return all
}

func TestHealth(t *testing.T) {
	gw := start(t, provider("mock", refusing(t)))
	if got := gw.Get("/v1/health"); got.Status != http.StatusOK || got.Get("status").String() != "ok" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v %s", got.Status, got.Header, got.Body)
	}
	if got := gw.Do(http.MethodHead, "/v1/health", ""); got.Status != http.StatusOK || len(got.Body) > 0 {
		t.Errorf("got %d %s", got.Status, got.Body)
	}
}
