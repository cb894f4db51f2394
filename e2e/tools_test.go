package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/internal/upstreamtest"
)

// commands checks which commands ran in the user's shell, in which order they ended and what each printed.
func (r *run) commands(want ...string) *run {
	r.t.Helper()
	var got []string
	for _, ran := range r.completed("command_execution") {
		_, command, _ := strings.Cut(ran.Command, " -lc ")
		got = append(got, command+" prints "+ran.Output)
	}
	equal(r.t, "commands", got, want)
	return r
}

func TestShellCall(t *testing.T) {
	provider := strict(upstreamtest.New(t,
		calls(upstreamtest.Text("I look."), shell(0, "call_1", "cat hello.txt")),
		says("It says hello.")))
	c := newCodex(t, gateway(t, provider), settings{})

	c.exec(prompt, "-m", model).
		answers("I look.", "It says hello.").
		commands("'cat hello.txt' prints hello\n").
		silent()

	equal(t, "messages after the prompt", chat(t, provider.Request(1)).since(t, prompt), []string{
		`assistant I look. calls call_1 exec_command {"cmd":"cat hello.txt"}`,
		`tool call_1 hello`,
	})
}

func TestArgumentsThatComeInPieces(t *testing.T) {
	provider := strict(upstreamtest.New(t,
		calls(upstreamtest.ToolCall(0, "call_1", "exec_command", ""), upstreamtest.ToolArgs(0, `{"cmd":"ec`),
			upstreamtest.ToolArgs(0, `ho caf\u00e9 \\`), upstreamtest.ToolArgs(0, `u0041"}`)),
		says("Done.")))
	c := newCodex(t, gateway(t, provider), settings{})

	c.exec(prompt, "-m", model).answers("Done.").silent()

	equal(t, "messages after the prompt", chat(t, provider.Request(1)).since(t, prompt), []string{
		`assistant calls call_1 exec_command {"cmd":"echo caf\u00e9 \\u0041"}`,
		`tool call_1 café u0041`,
	})
}

func TestParallelCalls(t *testing.T) {
	provider := strict(upstreamtest.New(t,
		calls(shell(0, "call_a", "echo one"), shell(1, "call_b", "echo two")),
		says("Done.")))
	c := newCodex(t, gateway(t, provider), settings{})

	r := c.exec(prompt, "-m", model).answers("Done.").silent()
	if ran := r.completed("command_execution"); len(ran) != 2 {
		t.Errorf("%d commands ran, want 2", len(ran))
	}

	equal(t, "messages after the prompt", chat(t, provider.Request(1)).since(t, prompt), []string{
		`assistant calls call_a exec_command {"cmd":"echo one"} calls call_b exec_command {"cmd":"echo two"}`,
		`tool call_a one`,
		`tool call_b two`,
	})
}

func TestApplyPatchAsFunction(t *testing.T) {
	const args = `{"input":"*** Begin Patch\n*** Add File: new.txt\n+one\n*** Update File: hello.txt\n@@\n-hello\n+good \"bye\"\n*** End Patch\n"}`
	provider := strict(upstreamtest.New(t, calls(upstreamtest.ToolCall(0, "call_1", "apply_patch", args)), says("Done.")))
	c := newCodex(t, gateway(t, provider), settings{})

	r := c.exec(prompt, "-m", "gpt-5.5").answers("Done.").silent()

	equal(t, "files", []string{c.read("new.txt"), c.read("hello.txt")}, []string{"one\n", "good \"bye\"\n"})
	var changes []string
	for _, change := range r.completed("file_change")[0].Changes {
		changes = append(changes, change.Kind+" "+filepath.Base(change.Path))
	}
	equal(t, "reported changes", changes, []string{"update hello.txt", "add new.txt"})

	chat(t, provider.Request(0)).offers(t, "apply_patch", "exec_command")
	after := chat(t, provider.Request(1)).since(t, prompt)
	if len(after) != 2 || after[0] != "assistant calls call_1 apply_patch "+args {
		t.Errorf("messages after the prompt: %q", after)
	}
}

func TestCodeModeOfTheDefaultModel(t *testing.T) {
	const args = `{"input":"const r = await tools.exec_command({cmd: \"cat hello.txt; rm hello.txt\"});\ntext(r.output)"}`
	provider := strict(upstreamtest.New(t, calls(upstreamtest.ToolCall(0, "call_1", "exec", args)), says("Done.")))
	c := newCodex(t, gateway(t, provider), settings{})

	c.exec(prompt).
		answers("Done.").
		commands("'cat hello.txt; rm hello.txt' prints hello\n").
		silent()

	if _, err := os.Stat(filepath.Join(c.repo, "hello.txt")); !os.IsNotExist(err) {
		t.Errorf("the command did not remove the file: %v", err)
	}
	chat(t, provider.Request(0)).offers(t, "exec", "wait")
	equal(t, "messages after the prompt", chat(t, provider.Request(1)).since(t, prompt), []string{
		"assistant calls call_1 exec " + args,
		"tool call_1 hello",
	})
}
