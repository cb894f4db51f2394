package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// codexLimit is how long one run of Codex may take. Most take less than a second.
const codexLimit = 30 * time.Second

// prompt is what Codex is asked where the words do not matter.
const prompt = "Do what the script says."

// codex is the CLI of one user, who has a home and a git repository.
type codex struct {
	t       *testing.T
	program string
	home    string // CODEX_HOME
	repo    string
	env     []string
}

// settings is what a test adds to config.toml, as TOML.
type settings struct {
	top      string // before the first table
	auth     string // in the table of the provider, in place of the key from the environment
	provider string // in the table of the provider
	tables   string // at the end
	builtIn  bool   // Codex's own provider, which is sent to the gateway, instead of a custom one
}

// newCodex sets up Codex as a user of the gateway does: a provider with the base URL and a key in the environment.
func newCodex(t *testing.T, baseURL string, s settings) *codex {
	t.Helper()
	c := &codex{t: t, program: needCodex(t), home: t.TempDir(), repo: t.TempDir()}
	if s.auth == "" {
		s.auth = `env_key = "GATEWAY_KEY"`
	}
	name, key := "gateway", ""
	if s.builtIn {
		name, key = "openai", "client-key"
		s.top += fmt.Sprintf("\nopenai_base_url = %q", baseURL)
	}
	home := t.TempDir()
	c.env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"USERPROFILE=" + home,
		"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), // without it no process has sockets on Windows
		"CODEX_HOME=" + c.home,
		"GATEWAY_KEY=client-key",
		"CODEX_API_KEY=" + key,
		"TERM=dumb",
		"LC_ALL=C.UTF-8",
		"GIT_CONFIG_NOSYSTEM=1",
		// Whatever is not on this machine is out of reach.
		"HTTP_PROXY=http://127.0.0.1:9",
		"HTTPS_PROXY=http://127.0.0.1:9",
		"NO_PROXY=127.0.0.1,localhost",
	}
	c.write(filepath.Join(c.home, "config.toml"), fmt.Sprintf(`
check_for_update_on_startup = false
model_provider = %q
%s
[model_providers.gateway]
name = "Gateway"
base_url = %q
wire_api = "responses"
%s
%s
[analytics]
enabled = false
%s
`, name, s.top, baseURL, s.auth, s.provider, s.tables))
	c.file("hello.txt", "hello\n")
	c.git("init", "-q")
	c.git("add", ".")
	c.git("-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "commit", "-q", "-m", "Begin")
	return c
}

// file writes a file of the repository and returns where it is.
func (c *codex) file(name, content string) string {
	c.t.Helper()
	path := filepath.Join(c.repo, name)
	c.write(path, content)
	return path
}

// read returns the content of a file of the repository.
func (c *codex) read(name string) string {
	c.t.Helper()
	content, err := os.ReadFile(filepath.Join(c.repo, name))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(content)
}

func (c *codex) write(path, content string) {
	c.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *codex) git(args ...string) {
	c.t.Helper()
	command := exec.Command("git", args...)
	command.Dir, command.Env = c.repo, c.env
	if output, err := command.CombinedOutput(); err != nil {
		c.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, output)
	}
}

// exec runs `codex exec` to its end. The flags may begin with a subcommand.
func (c *codex) exec(prompt string, flags ...string) *run {
	c.t.Helper()
	return c.start(prompt, flags...).wait()
}

// start begins `codex exec`. It ends with the test at the latest.
func (c *codex) start(prompt string, flags ...string) *process {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), codexLimit)
	c.t.Cleanup(cancel)
	args := []string{"exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"}
	args = append(append(args, flags...), "--", prompt)
	p := &process{t: c.t, ctx: ctx, interrupt: cancel, command: exec.CommandContext(ctx, c.program, args...)}
	p.command.Dir, p.command.Env = c.repo, c.env
	p.command.Stdout, p.command.Stderr = &p.stdout, &p.stderr
	// npm's launcher passes a signal on to Codex.
	p.command.Cancel = func() error { return p.command.Process.Signal(os.Interrupt) }
	p.command.WaitDelay = 5 * time.Second
	if err := p.command.Start(); err != nil {
		c.t.Fatalf("starting codex: %v", err)
	}
	return p
}

// process is a Codex that runs.
type process struct {
	t         *testing.T
	ctx       context.Context
	interrupt func() // as Ctrl-C does
	command   *exec.Cmd
	stdout    bytes.Buffer
	stderr    bytes.Buffer
}

// wait returns what Codex reported when it has ended.
func (p *process) wait() *run {
	p.t.Helper()
	err := p.command.Wait()
	p.t.Logf("%q reported\n%s%s", p.command.Args, &p.stdout, &p.stderr)
	if errors.Is(p.ctx.Err(), context.DeadlineExceeded) {
		p.t.Fatalf("codex did not end within %s", codexLimit)
	}
	if exit := (*exec.ExitError)(nil); err != nil && p.ctx.Err() == nil && !errors.As(err, &exit) {
		p.t.Fatalf("running codex: %v", err)
	}
	return newRun(p.t, p.command.ProcessState.ExitCode(), p.stdout.Bytes(), p.stderr.String())
}
