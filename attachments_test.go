package codexresponses_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// pixel is a PNG of one pixel.
var pixel = must(base64.StdEncoding.DecodeString(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="))

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// pictures is a site with one image, and how often it was asked for.
func pictures(t *testing.T) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.URL.Path != "/dot.png" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(pixel)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// showing is a request with images, oldest first.
func showing(urls ...string) string {
	var items []string
	for _, url := range urls {
		items = append(items, fmt.Sprintf(`{"role":"user","content":[{"type":"input_text","text":"look"},{"type":"input_image","image_url":%q}]}`, url))
	}
	return `{"model":"m","input":[` + strings.Join(items, ",") + `]}`
}

// shown are the URLs of the images that the upstream got, and the notes that stand for others.
func shown(request upstreamtest.Request) []string {
	var all []string
	for _, message := range gjson.GetBytes(request.Body, "messages").Array() {
		if content := message.Get("content"); content.Type == gjson.String {
			_, note, _ := strings.Cut(content.String(), "\n\n")
			all = append(all, note)
		}
		for _, part := range message.Get(`content.#(type=="image_url")#.image_url.url`).Array() {
			all = append(all, part.String())
		}
	}
	return all
}

const (
	omittedNote = "[image omitted: it cannot be sent to this model]"
	small       = "data:image/png;base64,AAAA"
)

func TestImagesAreFetchedForProvidersThatTakeDataOnly(t *testing.T) {
	site, asked := pictures(t)
	upstream := upstreamtest.New(t, hello())
	gw := start(t, "fetch any", mock(upstream, "set images data"))
	data := "data:image/png;base64," + base64.StdEncoding.EncodeToString(pixel)
	for turn := range 2 {
		requireText(t, gw.Post("/v1/responses", showing(site+"/dot.png", small)), "Hello.")
		equalLines(t, shown(upstream.Request(turn)), data, small)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("the image was fetched %d times", n)
	}

	requireText(t, gw.Post("/v1/responses", showing(site+"/gone.png?token=hidden-word")), "Hello.")
	equalLines(t, shown(upstream.Request(2)), omittedNote)
	if logs := gw.Logs(); !strings.Contains(logs, "an image or file is left out") || strings.Contains(logs, "hidden-word") {
		t.Errorf("the log does not say so, or too much:\n%s", logs)
	}
}

func TestImagesAreFetchedOnlyFromWhereThatIsAllowed(t *testing.T) {
	site, asked := pictures(t)
	for _, line := range []string{"", "fetch public", "fetch off"} {
		t.Run(line, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			gw := start(t, line, mock(upstream, "set images data"))
			requireText(t, gw.Post("/v1/responses", showing(site+"/dot.png")), "Hello.")
			equalLines(t, shown(upstream.Request(0)), omittedNote)
		})
	}
	upstream := upstreamtest.New(t, hello())
	gw := start(t, "fetch any", mock(upstream))
	requireText(t, gw.Post("/v1/responses", showing(site+"/dot.png")), "Hello.")
	equalLines(t, shown(upstream.Request(0)), site+"/dot.png") // the provider fetches it
	if n := asked.Load(); n != 0 {
		t.Errorf("the image was fetched %d times", n)
	}
}

func TestF79TheOldestImagesMakeWay(t *testing.T) {
	large := "data:image/png;base64," + strings.Repeat("A", 1000)
	tests := map[string]struct {
		line       string
		urls, want []string
	}{
		"no bound":                           {"", []string{small, large, small}, []string{small, large, small}},
		"more bytes than the provider takes": {"set media_bytes 1000", []string{small, large, small}, []string{omittedNote, omittedNote, small}},
		"as many bytes as it takes":          {fmt.Sprintf("set media_bytes %d", len(large)+len(small)), []string{small, large, small}, []string{omittedNote, large, small}},
		"more images than it takes":          {"set media_count 2", []string{small, large, small}, []string{omittedNote, large, small}},
		"an image that is too large itself":  {"set media_bytes 100", []string{large}, []string{omittedNote}},
		"a model that reads none":            {"set images none", []string{small}, []string{omittedNote}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			upstream := upstreamtest.New(t, hello())
			gw := start(t, mock(upstream, test.line))
			requireText(t, gw.Post("/v1/responses", showing(test.urls...)), "Hello.")
			equalLines(t, shown(upstream.Request(0)), test.want...)
		})
	}
}

func TestFilesGoToProvidersThatReadThem(t *testing.T) {
	const request = `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"read"},{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}]}]}`
	for line, want := range map[string]string{
		"set files data": `[{"type":"text","text":"read"},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}}]`,
		"set files none": `"read\n\n[file a.pdf omitted: it cannot be sent to this model]"`,
	} {
		upstream := upstreamtest.New(t, hello())
		gw := start(t, mock(upstream, line))
		requireText(t, gw.Post("/v1/responses", request), "Hello.")
		if got := gjson.GetBytes(upstream.Request(0).Body, "messages.0.content").Raw; got != want {
			t.Errorf("%s: got %s", line, got)
		}
	}
}

func TestF11ToolsWithoutCounterpartAreNotedOnce(t *testing.T) {
	const request = `{"model":"m","input":"hi","tools":[{"type":"web_search"},{"type":"image_generation"}],"tool_choice":{"type":"web_search"}}`
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	for n := range 2 {
		requireText(t, gw.Post("/v1/responses", request), "Hello.")
		if body := upstream.Request(n).Body; gjson.GetBytes(body, "tools").Exists() || gjson.GetBytes(body, "tool_choice").Exists() {
			t.Errorf("the upstream got %s", body)
		}
		if got := recorded(gw, n).Get("tools_dropped").Raw; got != `["image_generation","web_search"]` {
			t.Errorf("the record says %s", got)
		}
	}
	if n := strings.Count(gw.Logs(), "no counterpart of tools"); n != 1 {
		t.Errorf("the log says so %d times", n)
	}
}

func equalLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if a, b := strings.Join(got, "\n  "), strings.Join(want, "\n  "); a != b {
		t.Errorf("got\n  %s\nwant\n  %s", a, b)
	}
}

// Clients can make up names of tools without end.
func TestTheLogIsToldOfLeftOutToolsWithinBounds(t *testing.T) {
	upstream := upstreamtest.New(t, hello())
	gw := start(t, mock(upstream))
	declaring := func(typ string) {
		requireText(t, gw.Post("/v1/responses", fmt.Sprintf(`{"model":"m","input":"Say hello.","tools":[{"type":%q}]}`, typ)), "Hello.")
	}
	declaring(strings.Repeat("long", 1000))
	for i := range 70 {
		declaring(fmt.Sprintf("hosted_%d", i%35))
	}
	if n := strings.Count(gw.Logs(), "no counterpart of tools"); n != 32 {
		t.Errorf("the log was told %d times", n)
	}
}
