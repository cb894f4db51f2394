package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// scene is what a client does in one go, which a script of sdk plays under this name, against a provider of its own.
type scene struct {
	name     string
	settings string // lines of the provider's block
	replies  []upstreamtest.Reply
	// steer makes the last reply wait for the client: for the channel that it gets, which is closed when the client has asked for the
	// response in the background so often. May be nil.
	steer func(last upstreamtest.Reply, asked <-chan struct{}) upstreamtest.Reply
	polls int
	// requests is how many the provider gets.
	requests int
	// check looks at what the script has printed, and at what the provider was asked.
	check func(t *testing.T, got gjson.Result, asked []chatRequest)
}

// play has a script play scenes, one after the other, in front of one gateway.
func play(t *testing.T, script, client string, scenes []scene) {
	t.Helper()
	var block strings.Builder
	var names []string
	providers := make([]*upstreamtest.Upstream, len(scenes))
	for i := range scenes {
		name := scenes[i].name
		providers[i] = strict(upstreamtest.New(t, scenes[i].replies...))
		names = append(names, name)
		fmt.Fprintf(&block, "provider %s {\nwire chat\nbase_url %s/v1\n%s\n}\nroute %s %s\n", name, providers[i].URL, scenes[i].settings, name, name)
	}
	r := record(t, start(t, block.String()))
	for i := range scenes {
		if s := &scenes[i]; s.steer != nil {
			replies := slices.Clone(s.replies)
			asked := r.after(s.polls, func(request *http.Request) bool {
				return polls(request) && len(providers[i].Requests()) == len(replies)
			})
			replies[len(replies)-1] = s.steer(replies[len(replies)-1], asked)
			providers[i].Script(replies...)
		}
	}
	output := runScript(t, script, client, nil, append([]string{r.URL}, names...)...)
	played := make(map[string]gjson.Result)
	lines := bufio.NewScanner(bytes.NewReader(output))
	lines.Buffer(nil, len(output)+1)
	for lines.Scan() {
		line := gjson.Parse(lines.Text())
		played[line.Get("scene").Str] = line
	}
	for i := range scenes {
		t.Run(scenes[i].name, func(t *testing.T) { scenes[i].judge(t, played[scenes[i].name], providers[i]) })
	}
}

func (s *scene) judge(t *testing.T, line gjson.Result, provider *upstreamtest.Upstream) {
	t.Logf("%s", line.Raw)
	var asked []chatRequest
	for _, request := range provider.Requests() {
		asked = append(asked, chat(t, request))
	}
	if failure := line.Get("failure"); failure.Exists() || !line.Exists() {
		t.Fatalf("the client failed: %s", failure)
	}
	if len(asked) != s.requests {
		t.Fatalf("the provider got %d requests, want %d", len(asked), s.requests)
	}
	s.check(t, line.Get("got"), asked)
}

// lines writes the messages of a request, one a line.
func (r chatRequest) lines() []string {
	lines := []string{}
	for _, message := range r.Messages {
		lines = append(lines, message.line())
	}
	return lines
}

// texts are the elements of a list as texts.
func texts(list gjson.Result) []string {
	all := []string{}
	for _, element := range list.Array() {
		all = append(all, element.String())
	}
	return all
}

// shows checks what lies at the paths of what a script has printed. Each line is a path, a blank and the value.
func shows(t *testing.T, got gjson.Result, want ...string) {
	t.Helper()
	for _, line := range want {
		path, value, _ := strings.Cut(line, " ")
		if is := got.Get(path).String(); is != value {
			t.Errorf("%s: got %q, want %q", path, is, value)
		}
	}
}

// polls tells requests for a response that runs in the background.
func polls(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/responses/resp_")
}
