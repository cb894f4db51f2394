package fault_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/caddy-codex/responses/fault"
)

// What Google says, as it says it.
func TestErrorsOfGoogleAreRead(t *testing.T) {
	const quota = "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: " +
		"https://ai.google.dev/gemini-api/docs/rate-limits. \\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, "
	const retryInfo = `,"details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure"},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]`
	tests := map[string]struct {
		status        int
		name, message string
		more          string
		want          fault.Kind
		wait          time.Duration
	}{
		"a bad key":                           {400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", `,"details":[{"reason":"API_KEY_INVALID"}]`, fault.Unauthorized, 0},
		"an old key":                          {400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", "", fault.Unauthorized, 0},
		"no key":                              {403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established identity).", "", fault.Unauthorized, 0},
		"no token":                            {401, "UNAUTHENTICATED", "Request had invalid authentication credentials.", "", fault.Unauthorized, 0},
		"a quota of minutes":                  {429, "RESOURCE_EXHAUSTED", quota + "limit: 20, model: gemini-3.8-flash\\nPlease retry in 34.07s.", retryInfo, fault.RateLimited, 34 * time.Second},
		"a quota without RetryInfo":           {429, "RESOURCE_EXHAUSTED", quota + "limit: 20\\nPlease retry in 34.5s.", "", fault.RateLimited, 34500 * time.Millisecond},
		"a quota of nothing":                  {429, "RESOURCE_EXHAUSTED", quota + "limit: 0, model: gemini-4-argon", "", fault.NoCredit, 0},
		"no money":                            {429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details.", "", fault.NoCredit, 0},
		"Vertex without capacity":             {429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.", "", fault.RateLimited, 0},
		"overloaded":                          {503, "UNAVAILABLE", "The model is overloaded. Please try again later.", "", fault.Overloaded, 0},
		"too slow":                            {504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.", "", fault.TimedOut, 0},
		"its own fault":                       {500, "INTERNAL", "An internal error has occurred.", "", fault.Unavailable, 0},
		"a model that is not there":           {404, "NOT_FOUND", "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.", "", fault.NoSuchModel, 0},
		"a model of Vertex that is not there": {404, "NOT_FOUND", "Publisher Model `projects/p/locations/l/publishers/google/models/gemini-9` was not found or your project does not have access to it.", "", fault.NoSuchModel, 0},
		"a prompt that is too long":           {400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", "", fault.ContextLength, 0},
		"a missing signature":                 {400, "INVALID_ARGUMENT", "Function call is missing a thought_signature in functionCall parts.", "", fault.StaleReasoning, 0},
		"a wrong place":                       {400, "FAILED_PRECONDITION", "User location is not supported for the API use.", "", fault.Rejected, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			body := `{"error":{"code":` + strconv.Itoa(test.status) +
				`,"message":"` + test.message + `","status":"` + test.name + `"` + test.more + `}}`
			inStream, ok := fault.FromBody("p", []byte("["+body+"]"), now)
			if !ok {
				t.Fatal("it is no error in a stream")
			}
			for where, f := range map[string]*fault.Fault{"as an answer": answered(test.status, body), "in a stream": inStream} {
				if f.Kind != test.want || f.RetryAfter != test.wait || f.Status != test.status {
					t.Errorf("%s: got kind %d, a wait of %v, status %d", where, f.Kind, f.RetryAfter, f.Status)
				}
			}
		})
	}
}
