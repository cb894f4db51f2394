package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestEachThreadAsksInItsTurnAndComesBack(t *testing.T) {
	s := routedSides(3)[1]
	asked := (&server{side: s, address: "127.0.0.1:1"}).target(routedWire, shortModel)
	seen := map[string]int{}
	for range 6 {
		r := asked.request()
		body, err := io.ReadAll(r.Body)
		if err != nil || int64(len(body)) != r.ContentLength {
			t.Fatalf("got %d bytes, %v; announced were %d", len(body), err, r.ContentLength)
		}
		var request struct {
			Thread   string            `json:"prompt_cache_key"`
			Metadata map[string]string `json:"client_metadata"`
		}
		if err := json.Unmarshal(body, &request); err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]string{
			"Session-Id": r.Header.Get("Session-Id"), "Thread-Id": r.Header.Get("Thread-Id"), "session_id": request.Metadata["session_id"],
		} {
			if got != request.Thread {
				t.Errorf("%s: got %s, want that of prompt_cache_key, %s", name, got, request.Thread)
			}
		}
		if !strings.Contains(r.Header.Get("X-Codex-Turn-Metadata"), request.Thread) {
			t.Errorf("the metadata of a turn of %s lack it", request.Thread)
		}
		if usual := strings.ReplaceAll(string(body), request.Thread, sessionID); usual != string(responsesBody(shortModel)) {
			t.Error("the body differs from the usual one in more than its thread")
		}
		seen[request.Thread]++
	}
	if len(seen) != 3 {
		t.Errorf("got the threads %v, want three", seen)
	}
	for id, n := range seen {
		if n != 2 {
			t.Errorf("%s: got %d requests, want 2", id, n)
		}
	}
}
