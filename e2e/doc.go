// Package e2e holds the tests that drive real clients against the gateway in front of a scripted provider, or against streams that the gateway
// makes: the Codex CLI, openai-node, openai-go, the Agents SDK, the AI SDK and LangChain. It has no code of its own.
//
// The clients are installed by `make clients`, in the versions that package-lock.json pins. Where they are missing, the tests skip, or
// fail if CODEX_RESPONSES_REQUIRE_TOOLS is 1. Nothing here needs the network, and each Codex has a home of its own.
package e2e
