package fault_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/caddy-codex/responses/fault"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// answered is the fault of a provider's answer.
func answered(status int, body string, header ...string) *fault.Fault {
	h := make(http.Header)
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return fault.FromResponse("p", status, h, []byte(body), now)
}

func TestErrorsOfAllShapesAreRead(t *testing.T) {
	tests := map[string]struct{ body, message, code, param string }{
		"an error object":                 {`{"error":{"message":"boom","type":"t","param":"q","code":"c"}}`, "boom", "c", "q"},
		"an error object with nulls":      {`{"error":{"message":"boom","type":null,"param":null,"code":null}}`, "boom", "", ""},
		"a code that is a number":         {`{"error":{"message":"boom","code":1234}}`, "boom", "1234", ""},
		"an error text":                   {`{"error":"boom","code":"c"}`, "boom", "c", ""},
		"a detail":                        {`{"detail":"boom"}`, "boom", "", ""},
		"details":                         {`{"detail":[{"loc":["body","x"],"msg":"boom","type":"missing","input":{"secret":"prompt"}}]}`, `boom ["body","x"]`, "", ""},
		"a detail that is an object":      {`{"detail":{"message":"boom","code":"c"}}`, "boom", "c", ""},
		"a flat object":                   {`{"message":"boom","type":"t","param":"q","code":"c"}`, "boom", "c", "q"},
		"a flat object of Mistral":        {`{"object":"error","message":"boom","type":"t","param":null,"code":"3280"}`, "boom", "3280", ""},
		"a message of Mistral":            {`{"object":"error","message":{"detail":[{"loc":["body","x"],"msg":"boom","input":"prompt"}]},"type":"t"}`, `boom ["body","x"]`, "", ""},
		"an array of one":                 {`[{"error":{"code":400,"message":"boom","status":"INVALID_ARGUMENT"}}]`, "boom", "400", ""},
		"code and msg":                    {`{"code":401,"msg":"boom","success":false}`, "boom", "401", ""},
		"code and msg alone":              {`{"code":401,"msg":"boom"}`, "boom", "401", ""},
		"errors":                          {`{"success":false,"errors":[{"code":7,"message":"boom"}],"messages":[],"result":null}`, "boom", "7", ""},
		"base_resp":                       {`{"base_resp":{"status_code":2013,"status_msg":"boom"}}`, "boom", "2013", ""},
		"the cause behind a market":       {`{"error":{"code":502,"message":"Provider returned error","metadata":{"provider_name":"X","raw":"{\"error\":{\"message\":\"boom\"}}"}}}`, "Provider returned error: boom", "502", ""},
		"the cause as an object":          {`{"error":{"message":"Provider returned error","metadata":{"raw":{"message":"boom"}}}}`, "Provider returned error: boom", "", ""},
		"the cause as a text":             {`{"error":{"message":"Provider returned error","metadata":{"raw":"boom"}}}`, "Provider returned error: boom", "", ""},
		"a plain text":                    {"boom\n", "boom", "", ""},
		"JSON of another kind":            {`{"oops":"boom"}`, `{"oops":"boom"}`, "", ""},
		"half of a JSON":                  {`{"error":{"message":"bo`, `{"error":{"message":"bo`, "", ""},
		"nothing":                         {"", "Bad Request", "", ""},
		"an error object without content": {`{"error":{}}`, "Bad Request", "", ""},
		"F89 a page":                      {"<!DOCTYPE html><html>secret of the page</html>", "an HTML page instead of an API answer; the base URL may be wrong, or lack /v1, or a proxy has answered", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := answered(400, test.body)
			if f.Message != test.message || f.Code != test.code || f.Param != test.param {
				t.Errorf("got %q, code %q, param %q", f.Message, f.Code, f.Param)
			}
			if f.Kind != fault.Rejected || f.Status != 400 || f.Provider != "p" || !f.Quoted {
				t.Errorf("got %+v", f)
			}
		})
	}
	if f := answered(400, "secret of the page", "Content-Type", "text/html; charset=utf-8"); strings.Contains(f.Message, "secret") {
		t.Errorf("a page by its type: got %q", f.Message)
	}
	if f := answered(599, ""); f.Message != "an error without a message" {
		t.Errorf("a status nobody knows: got %q", f.Message)
	}
}

func TestErrorsInsideOfRepliesAreRead(t *testing.T) {
	tests := map[string]struct {
		body   string
		kind   fault.Kind
		status int
	}{
		"an error object":            {`{"error":{"message":"boom","code":502}}`, fault.Unavailable, 502},
		"an error beside choices":    {`{"choices":[],"error":{"message":"boom","code":"rate_limit_exceeded"}}`, fault.RateLimited, 0},
		"GLM's":                      {`{"code":401,"msg":"token expired","success":false}`, fault.Unauthorized, 401},
		"MiniMax's":                  {`{"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}`, fault.NoCredit, 0},
		"MiniMax's beside choices":   {`{"choices":[{}],"base_resp":{"status_code":1002,"status_msg":"rate"}}`, fault.RateLimited, 0},
		"Google's":                   {`[{"error":{"code":503,"message":"x","status":"UNAVAILABLE"}}]`, fault.Overloaded, 503},
		"a model that is not there":  {`{"error":{"message":"The model does not exist","code":"model_not_found"}}`, fault.NoSuchModel, 0},
		"a prompt that is too long":  {`{"error":{"message":"This model's maximum context length is 8192 tokens."}}`, fault.ContextLength, 0},
		"a throttle that is no such": {`{"error":{"message":"Too many tokens, please wait before trying again."}}`, fault.RateLimited, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, ok := fault.FromBody("p", []byte(test.body), now)
			if !ok || f.Kind != test.kind || f.Status != test.status {
				t.Errorf("got %+v, %v", f, ok)
			}
		})
	}
	for name, body := range map[string]string{
		"a chunk":                      `{"choices":[{"delta":{"content":"a"}}],"error":null}`,
		"a chunk with nulls":           `{"choices":[],"detail":null,"message":null,"msg":null,"base_resp":{"status_code":0}}`,
		"a chunk with words":           `{"choices":[{"delta":{}}],"detail":"x","message":"x","success":false}`,
		"usage":                        `{"usage":{"prompt_tokens":1}}`,
		"a detail of null":             `{"detail":null}`,
		"code and msg that mean well":  `{"code":200,"msg":"ok"}`,
		"code and msg that mean well.": `{"code":0,"msg":"success","success":true}`,
		"an error that is empty":       `{"error":""}`,
		"an error that is false":       `{"error":false}`,
		"nothing":                      ``,
		"a list of nothing":            `[]`,
		"a text":                       `"error"`,
	} {
		if f, ok := fault.FromBody("p", []byte(body), now); ok {
			t.Errorf("%s: got %+v", name, f)
		}
	}
}

// AWS names the kind of an error in a header, in a stream as the message's type.
func TestErrorsOfAWSAreRead(t *testing.T) {
	tests := map[string]struct {
		status  int // 0 in a stream
		typ     string
		message string
		want    fault.Kind
	}{
		"a throttle":                      {429, "ThrottlingException", "Too many requests, please wait before trying again.", fault.RateLimited},
		"a throttle with an address":      {400, "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/", "x", fault.RateLimited},
		"a quota":                         {400, "ServiceQuotaExceededException", "x", fault.RateLimited},
		"a model that is being loaded":    {429, "ModelNotReadyException", "x", fault.Overloaded},
		"a service without capacity":      {503, "ServiceUnavailableException", "x", fault.Overloaded},
		"a model that fails":              {424, "ModelErrorException", "x", fault.Unavailable},
		"a model that is slow":            {408, "ModelTimeoutException", "x", fault.TimedOut},
		"a model that is not there":       {404, "ResourceNotFoundException", "Could not resolve the foundation model from the provided model identifier.", fault.NoSuchModel},
		"a model that cannot be there":    {400, "ValidationException", "The provided model identifier is invalid.", fault.NoSuchModel},
		"a model that is not granted":     {403, "AccessDeniedException", "You don't have access to the model with the specified model ID.", fault.NoSuchModel},
		"a model without a contract":      {403, "AccessDeniedException", "Model access is denied due to INVALID_PAYMENT_INSTRUMENT: A valid payment instrument must be provided.", fault.NoSuchModel},
		"a key without permission":        {403, "AccessDeniedException", "User: arn:aws:iam::1:user/u is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1::foundation-model/m", fault.Unauthorized},
		"a key that is none":              {403, "UnrecognizedClientException", "The security token included in the request is invalid.", fault.Unauthorized},
		"a request that is wrong":         {400, "ValidationException", "The text field in the ContentBlock object at messages.0.content.0 is blank.", fault.Rejected},
		"a prompt that is too long":       {400, "ValidationException", "Input is too long for requested model.", fault.ContextLength},
		"a prompt that is long for Nova":  {400, "ValidationException", "Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.", fault.ContextLength},
		"in a stream, a throttle":         {0, "throttlingException", "Too many tokens, please wait before trying again.", fault.RateLimited},
		"in a stream, no capacity":        {0, "serviceUnavailableException", "x", fault.Overloaded},
		"in a stream, a model that fails": {0, "modelStreamErrorException", "x", fault.Unavailable},
		"in a stream, the service fails":  {0, "internalServerException", "x", fault.Unavailable},
		"in a stream, a wrong request":    {0, "validationException", "x", fault.Rejected},
		"in a stream, a long prompt":      {0, "validationException", "Input is too long for requested model.", fault.ContextLength},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f, _ := fault.FromBody("p", []byte(`{"error":{"type":"`+test.typ+`","message":"`+test.message+`"}}`), now)
			if test.status != 0 {
				f = answered(test.status, `{"message":"`+test.message+`"}`, "X-Amzn-ErrorType", test.typ)
			}
			if f.Kind != test.want || f.Message != test.message {
				t.Errorf("got kind %d, %q", f.Kind, f.Message)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	message := func(text string) string { return `{"error":{"message":"` + text + `"}}` }
	tests := map[string]struct {
		header []string
		body   string
		want   time.Duration
	}{
		"nothing":                   {nil, "", 0},
		"seconds":                   {[]string{"Retry-After", "7"}, "", 7 * time.Second},
		"a fraction":                {[]string{"Retry-After", "0.5"}, "", 500 * time.Millisecond},
		"a date":                    {[]string{"Retry-After", now.Add(90 * time.Second).Format(http.TimeFormat)}, "", 90 * time.Second},
		"a date that has passed":    {[]string{"Retry-After", now.Add(-time.Hour).Format(http.TimeFormat)}, "", 0},
		"milliseconds first":        {[]string{"Retry-After", "7", "Retry-After-Ms", "1500"}, "", 1500 * time.Millisecond},
		"below zero":                {[]string{"Retry-After", "-1"}, "", 0},
		"words":                     {[]string{"Retry-After", "soon"}, "", 0},
		"more than anybody waits":   {[]string{"Retry-After", "1e300"}, "", 31 * 24 * time.Hour},
		"infinity":                  {[]string{"Retry-After", "Inf"}, "", 31 * 24 * time.Hour},
		"a header before the body":  {[]string{"Retry-After", "7"}, message("Please try again in 20s."), 7 * time.Second},
		"resets_in_seconds":         {nil, `{"error":{"resets_in_seconds":500}}`, 500 * time.Second},
		"Google's":                  {nil, `{"error":{"details":[{"@type":"x"},{"retryDelay":"34.5s"}]}}`, 34500 * time.Millisecond},
		"Google's in an array":      {nil, `[{"error":{"details":[{"retryDelay":"34s"}]}}]`, 34 * time.Second},
		"in words":                  {nil, message("Please try again in 20s."), 20 * time.Second},
		"in words with a fraction":  {nil, message("Please try again in 1.284s. Visit"), 1284 * time.Millisecond},
		"in words of milliseconds":  {nil, message("try again in 320ms"), 320 * time.Millisecond},
		"in words of minutes":       {nil, message("Please try again in 6m0s."), 6 * time.Minute},
		"in words of all units":     {nil, message("Please retry after 1h2m3.5s."), time.Hour + 2*time.Minute + 3500*time.Millisecond},
		"in long words":             {nil, message("Retry after 2 minutes 5 seconds, please"), 125 * time.Second},
		"in words without a unit":   {nil, message("Please try again in 20"), 0},
		"in words of another sense": {nil, message("Please retry in 5 messages"), 0},
		"in words of waiting":       {nil, message("Please wait 2 minutes before the next request."), 2 * time.Minute},
		"in words of a date":        {nil, message("Limit resets at " + now.Add(time.Hour).Format(time.RFC3339) + "."), time.Hour},
		"in words of days":          {nil, message("Try again in 2 days"), 48 * time.Hour},

		"OpenAI's reset":                      {[]string{"X-Ratelimit-Reset-Requests", "6m0s", "X-Ratelimit-Remaining-Requests", "0", "X-Ratelimit-Reset-Tokens", "9h", "X-Ratelimit-Remaining-Tokens", "1200"}, "", 6 * time.Minute},
		"two that are used up":                {[]string{"X-Ratelimit-Reset-Requests", "12ms", "X-Ratelimit-Remaining-Requests", "0", "X-Ratelimit-Reset-Tokens", "2m59.56s", "X-Ratelimit-Remaining-Tokens", "0"}, "", 179560 * time.Millisecond},
		"none that is used up":                {[]string{"X-Ratelimit-Reset-Requests", "12ms", "X-Ratelimit-Remaining-Requests", "7"}, "", 0},
		"Cerebras's reset":                    {[]string{"X-Ratelimit-Reset-Tokens-Minute", "11.5", "X-Ratelimit-Remaining-Tokens-Minute", "0", "X-Ratelimit-Reset-Requests-Day", "33011.4", "X-Ratelimit-Remaining-Requests-Day", "900"}, "", 11500 * time.Millisecond},
		"Anthropic's reset":                   {[]string{"Anthropic-Ratelimit-Input-Tokens-Reset", now.Add(42 * time.Second).Format(time.RFC3339), "Anthropic-Ratelimit-Input-Tokens-Remaining", "0"}, "", 42 * time.Second},
		"Anthropic's reset of a plan":         {[]string{"Anthropic-Ratelimit-Unified-Reset", fmt.Sprint(now.Add(3 * time.Hour).Unix())}, "", 3 * time.Hour},
		"OpenRouter's reset":                  {[]string{"X-Ratelimit-Reset", fmt.Sprint(now.Add(30 * time.Second).UnixMilli()), "X-Ratelimit-Remaining", "0"}, "", 30 * time.Second},
		"OpenRouter's reset in the body":      {nil, `{"error":{"code":429,"message":"x","metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"` + fmt.Sprint(now.Add(time.Minute).UnixMilli()) + `"}}}}`, time.Minute},
		"a reset in seconds":                  {[]string{"Ratelimit-Reset", "50"}, "", 50 * time.Second},
		"a reset that has passed":             {[]string{"X-Ratelimit-Reset", fmt.Sprint(now.Add(-time.Minute).Unix())}, "", 0},
		"resets_at":                           {nil, `{"error":{"type":"usage_limit_reached","message":"x","resets_at":` + fmt.Sprint(now.Add(500000*time.Second).Unix()) + `}}`, 500000 * time.Second},
		"Retry-After before a reset":          {[]string{"Retry-After", "7", "X-Ratelimit-Reset-Requests", "6m0s"}, "", 7 * time.Second},
		"words before a reset":                {[]string{"X-Ratelimit-Reset-Requests", "6m0s"}, message("Please try again in 20s."), 20 * time.Second},
		"a reset that nobody can read at all": {[]string{"X-Ratelimit-Reset-Requests", "later"}, "", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if f := answered(429, test.body, test.header...); f.RetryAfter != test.want || f.Said != (test.want > 0) {
				t.Errorf("got %v, said %v, want %v", f.RetryAfter, f.Said, test.want)
			}
		})
	}
}

func TestAResetMeansNothingWhereNoLimitIsMet(t *testing.T) {
	if f := answered(500, "", "X-Ratelimit-Reset-Requests", "6m0s", "X-Ratelimit-Remaining-Requests", "0"); f.RetryAfter != 0 {
		t.Errorf("got %v", f.RetryAfter)
	}
}

func TestAResetInsideOfAReplyIsRead(t *testing.T) {
	in := func(d time.Duration) string { return fmt.Sprint(now.Add(d).UnixMilli()) }
	for name, body := range map[string]string{
		"ChatGPT's resets_at":        fmt.Sprintf(`{"error":{"type":"usage_limit_reached","message":"x","resets_at":%d}}`, now.Add(time.Hour).Unix()),
		"what OpenRouter got itself": `{"error":{"code":429,"message":"x","metadata":{"headers":{"X-RateLimit-Remaining":"0","X-RateLimit-Reset":"` + in(time.Hour) + `"}}}}`,
		"a date":                     `{"error":{"code":429,"message":"x","resets_at":"` + now.Add(time.Hour).Format(time.RFC3339) + `"}}`,
	} {
		if f, _ := fault.FromBody("p", []byte(body), now); f.RetryAfter != time.Hour || !f.Said {
			t.Errorf("%s: got %v", name, f.RetryAfter)
		}
	}
}

func TestWhatTheProviderWouldRefuseAgainIsMarked(t *testing.T) {
	for value, want := range map[string]bool{"false": true, "true": false, "": false} {
		if f := answered(503, "", "X-Should-Retry", value); f.Lasting != want {
			t.Errorf("x-should-retry %q: got %v", value, f.Lasting)
		}
	}
}

func TestF90KeysAreNotQuoted(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"OpenAI's":             {"Incorrect API key provided: sk-proj-abcdefGHIJKL. You can", "Incorrect API key provided: [redacted] You can"},
		"one with stars":       {"Incorrect API key provided: sk-ab******yz.", "Incorrect API key provided: [redacted]"},
		"Groq's":               {"gsk_abcdefghijkl is wrong", "[redacted] is wrong"},
		"xAI's":                {"xai-abcdefghijkl is wrong", "[redacted] is wrong"},
		"Google's":             {"API key AIzaSyA1234567890abcdefghi not valid", "API key [redacted] not valid"},
		"one in an address":    {"https://x/y?key=AIzaSyA1234567890abcdefghi&alt=sse", "https://x/y?key=[redacted]&alt=sse"},
		"one in a header":      {"got Authorization: Bearer abc.def", "got Authorization: [redacted]"},
		"a web token":          {"token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.abc is expired", "token [redacted] is expired"},
		"one without a form":   {`invalid api key: "0123456789abcdef0123456789abcdef"`, `invalid api key: "[redacted]"`},
		"one of Zhipu":         {"token 0123456789abcdef.ABCDEFGHijklmnop expired", "token [redacted] expired"},
		"an address of words":  {"see https://api-docs.example.com/guides for it", "see https://api-docs.example.com/guides for it"},
		"names of parameters":  {"unknown parameter api_version, missing key response_format", "unknown parameter api_version, missing key response_format"},
		"what is said of some": {"exceeded model token limit: 131072 (requested 1048577)", "exceeded model token limit: 131072 (requested 1048577)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.Redact(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := answered(401, test.text).Message; got != test.want {
				t.Errorf("in an answer: got %q", got)
			}
		})
	}
}

func TestLongMessagesAreCut(t *testing.T) {
	words := strings.Repeat("word ", 200)
	if got := answered(400, words).Message; len(got) > 510 || !strings.HasSuffix(got, "word…") {
		t.Errorf("got %d bytes, %q", len(got), got[max(0, len(got)-20):])
	}
	// A key that stands where the message is cut must not come out by half.
	for n := range 40 {
		text := strings.Repeat("x", 470+n) + " ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ end"
		if got := answered(400, text).Message; strings.Contains(got, "ABC") {
			t.Errorf("got %q", got[460:])
		}
	}
	if got := answered(400, strings.Repeat("x", 5000)).Message; got != "…" {
		t.Errorf("of one word came %d bytes", len(got))
	}
	if got := answered(400, strings.Repeat("日本、", 500)).Message; !utf8.ValidString(got) || len(got) < 400 {
		t.Errorf("got %q", got)
	}
	if got := answered(400, `{"error":{"message":"m","code":"`+strings.Repeat("c ", 5000)+`"}}`).Code; len(got) > 510 {
		t.Errorf("the code has %d bytes", len(got))
	}
}
