package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"testing"
)

// mcpServerEnv is the environment variable that turns the test binary into an MCP server.
const mcpServerEnv = "E2E_MCP_SERVER"

// calcServer is the table of config.toml that gives Codex an MCP server called calc, with the tool add.
func calcServer(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("[mcp_servers.calc]\ncommand = %q\nenv = { %s = \"1\" }\n", program, mcpServerEnv)
}

// rpc is a JSON-RPC message of either direction, as far as a server with one tool needs it.
type rpc struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  *rpcParams      `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
}

type rpcParams struct {
	ProtocolVersion string `json:"protocolVersion"`
	Arguments       struct {
		A, B float64
	} `json:"arguments"`
}

const addTool = `{"tools":[{"name":"add","description":"Adds two numbers.","inputSchema":{"type":"object",
	"properties":{"a":{"type":"number"},"b":{"type":"number"}},"required":["a","b"]}}]}`

// serveMCP answers requests, one a line, until the input ends.
func serveMCP(input io.Reader, output io.Writer) {
	lines := bufio.NewScanner(input)
	lines.Buffer(nil, 1<<20)
	replies := json.NewEncoder(output)
	for lines.Scan() {
		var request rpc
		if json.Unmarshal(lines.Bytes(), &request) != nil || request.ID == nil {
			continue // a notification
		}
		if request.Params == nil {
			request.Params = new(rpcParams)
		}
		_ = replies.Encode(rpc{Version: "2.0", ID: request.ID, Result: json.RawMessage(mcpResult(request))})
	}
}

func mcpResult(request rpc) string {
	switch request.Method {
	case "initialize":
		return fmt.Sprintf(`{"protocolVersion":%q,"capabilities":{"tools":{}},"serverInfo":{"name":"calc","version":"1"}}`,
			request.Params.ProtocolVersion)
	case "tools/list":
		return addTool
	case "tools/call":
		return fmt.Sprintf(`{"content":[{"type":"text","text":"the sum is %g"}]}`, request.Params.Arguments.A+request.Params.Arguments.B)
	}
	return `{}`
}
