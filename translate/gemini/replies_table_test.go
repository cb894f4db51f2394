package gemini_test

import (
	"strings"

	"github.com/caddy-codex/responses/internal/wiretest"
)

const (
	callF  = `function_call f call_1 {"a":1}`
	usage  = `"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5,"thoughtsTokenCount":2,"totalTokenCount":16}`
	ground = `"groundingMetadata":{"webSearchQueries":["q","r"],"groundingChunks":[{"web":{"uri":"https://a/1","title":"A"}},{"web":{"uri":"https://b/2","title":"B"}}],` +
		`"groundingSupports":[{"segment":{"startIndex":0,"endIndex":6,"text":"Häl\n"},"groundingChunkIndices":[0,1]},{"segment":{"startIndex":6,"endIndex":8,"text":"lo"},"groundingChunkIndices":[1,7]}]}`
	search  = `{"toolCall":{"toolType":"GOOGLE_SEARCH_WEB","args":{"queries":["q"]},"id":"s1"},"thoughtSignature":"QUJD"}`
	found   = `{"toolResponse":{"toolType":"GOOGLE_SEARCH_WEB","response":{"search_suggestions":"<p>"},"id":"s1"}}`
	deeper  = `"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","id":"call_1",`
	waiting = `"willContinue":true}}],"role":"model"}}]}`
)

// replies are replies of a provider, each with what is to become of it.
var replies = map[string]wiretest.Reply{
	"text": {
		Frames: []string{says("Hel"), says("lo"), finish("STOP")}, Want: []string{"message Hello", "completed"}, Usage: "9/0/0/7/2",
	},
	"all in one chunk": {
		Frames: []string{`{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP"}],` + usage + `}`},
		Want:   []string{"message Hi", "completed"}, Usage: "9/0/0/7/2",
	},
	"F74 counts of all kinds": {
		Frames: []string{says("a"), `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":5,"thoughtsTokenCount":20,"toolUsePromptTokenCount":7,"totalTokenCount":132}}`},
		Want:   []string{"message a", "completed"}, Usage: "107/60/0/25/20",
	},
	"counts in each chunk": {
		Frames: []string{`{"usageMetadata":{"promptTokenCount":9}}`, strings.TrimSuffix(says("a"), "}") + `,"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"thoughtsTokenCount":40}}`, finish("STOP"), `{"usageMetadata":{}}`},
		Want:   []string{"message a", "completed"}, Usage: "9/0/0/7/2",
	},
	"thoughts": {
		Frames: []string{thinks("Let"), thinks(" me"), says("a"), finish("STOP")}, Want: []string{"reasoning Let me", "message a", "completed"},
	},
	"chunks that say nothing": {
		Frames: []string{`{}`, `{"candidates":[]}`, `{"candidates":null}`, `{"candidates":[{"content":{}}]}`, `{"candidates":[{"content":{"parts":[{},{"text":""},{"executableCode":{}},null]}}]}`, ` `, says("a"), `{"promptFeedback":{}}`, finish("STOP")},
		Want:   []string{"message a", "completed"},
	},
	"frames that are no chunks":  {Frames: []string{`: ping`, `ping`, says("a"), `"x"`, `7`, `[]`, `[1]`, finish("STOP")}, Want: []string{"message a", "completed"}},
	"the last word of a gateway": {Frames: []string{says("a"), finish("STOP"), "[DONE]", says("b")}, Want: []string{"message a", "completed"}},
	"only the first candidate counts": {
		Frames: []string{`{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}],"error":null}`, finish("STOP")},
		Want:   []string{"message a", "completed"},
	},
	"escapes":                  {Frames: []string{parts(`{"text":"\u003ca\u003e \ud83d\ude00\n"}`), finish("STOP")}, Want: []string{"message <a> 😀\n", "completed"}},
	"bytes that are not UTF-8": {Frames: []string{parts("{\"text\":\"a\xff\"}"), finish("STOP")}, Want: []string{"message a\uFFFD", "completed"}},
	"text between thoughts": {
		Frames: []string{thinks("t"), says("a"), thinks("u"), says("b"), finish("STOP")}, Want: []string{"reasoning t", "message a", "reasoning u", "message b", "completed"},
	},

	"a call":                          {Frames: []string{callOf("call_1", "f", `{"a":1}`, ""), finish("STOP")}, Want: []string{callF, "completed"}},
	"a call in a chunk of many lines": {Frames: []string{callOf("call_1", "f", "{ \"a\" :\t1 }", ""), finish("STOP")}, Want: []string{callF, "completed"}},
	"F57 a call and the end":          {Frames: []string{`{"candidates":[{"content":{"parts":[` + aCall("call_1", "f", `{"a":1}`, "") + `]},"finishReason":"STOP"}]}`}, Want: []string{callF, "completed"}},
	"a call without arguments":        {Frames: []string{parts(`{"functionCall":{"name":"f","id":"call_1"}}`), finish("STOP")}, Want: []string{"function_call f call_1 {}", "completed"}},
	"arguments of other kinds":        {Frames: []string{parts(`{"functionCall":{"name":"f","id":"1","args":null}}`, `{"functionCall":{"name":"g","id":"2","args":[1]}}`), finish("STOP")}, Want: []string{"function_call f 1 {}", "function_call g 2 {}", "completed"}},
	"F48 calls without ids":           {Frames: []string{parts(aCall("", "f", `{"a":1}`, ""), aCall("", "f", `{"a":2}`, "")), finish("STOP")}, Want: []string{`function_call f call_2 {"a":1}`, `function_call f call_4 {"a":2}`, "completed"}},
	"F44 calls with one id":           {Frames: []string{parts(aCall("x", "f", `{"a":1}`, ""), aCall("x", "f", `{"a":2}`, "")), finish("STOP")}, Want: []string{`function_call f x {"a":1}`, `function_call f call_3 {"a":2}`, "completed"}},
	"a call of a custom tool":         {Frames: []string{callOf("1", "c", `{"input":"*** Begin\n\"é\""}`, ""), finish("STOP")}, Want: []string{"custom_tool_call c 1 *** Begin\n\"é\"", "completed"}},
	"a call in a namespace":           {Frames: []string{callOf("1", "ns__n", `{}`, ""), finish("STOP")}, Want: []string{"function_call ns n 1 {}", "completed"}},
	"a call of an unknown tool":       {Frames: []string{callOf("1", "x", `{}`, ""), finish("STOP")}, Want: []string{"function_call x 1 {}", "completed"}},
	"a call without a name":           {Frames: []string{parts(`{"functionCall":{"args":{}}}`), finish("STOP")}, Want: []string{"failed made a tool call without a name"}},
	"large numbers":                   {Frames: []string{callOf("1", "f", `{"a":12345678901234567890.10}`, ""), finish("STOP")}, Want: []string{`function_call f 1 {"a":12345678901234567890.10}`, "completed"}},
	"text around a call": {
		Frames: []string{says("a"), callOf("call_1", "f", `{"a":1}`, ""), says("b"), finish("STOP")}, Want: []string{"message a", callF, "message b", "completed"},
	},

	"F16 a signed call":                 {Frames: []string{callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, Want: []string{`reasoning {"call":"QUJD"}`, callF, "completed"}},
	"F16 a signed call behind thoughts": {Frames: []string{thinks("t"), callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, Want: []string{`reasoning t {"call":"QUJD"}`, callF, "completed"}},
	"F16 a signed call behind text":     {Frames: []string{says("a"), callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, Want: []string{"message a", `reasoning {"call":"QUJD"}`, callF, "completed"}},
	"F16 several calls of which the first is signed": {
		Frames: []string{thinks("t"), parts(aCall("call_1", "f", `{"a":1}`, "QUJD"), aCall("2", "g", `{}`, "")), finish("STOP")},
		Want:   []string{`reasoning t {"call":"QUJD"}`, callF, "function_call g 2 {}", "completed"},
	},
	"F16 several calls that are signed": {
		Frames: []string{parts(aCall("call_1", "f", `{"a":1}`, "QUJD"), aCall("2", "g", `{}`, "REVG")), finish("STOP")},
		Want:   []string{`reasoning {"call":"QUJD"}`, callF, `reasoning {"call":"REVG"}`, "function_call g 2 {}", "completed"},
	},
	"F16 a signature with escapes": {Frames: []string{callOf("call_1", "f", `{"a":1}`, `QU\/DR\u003d\u003d`), finish("STOP")}, Want: []string{callF, "completed"}},
	"F16 an escaped signature":     {Frames: []string{parts(`{"functionCall":{"name":"f","id":"call_1","args":{"a":1}},"thoughtSignature":"QU\/DRA\u003d\u003d"}`), finish("STOP")}, Want: []string{`reasoning {"call":"QU/DRA=="}`, callF, "completed"}},
	"a signature that is none":     {Frames: []string{callOf("call_1", "f", `{"a":1}`, "not base64!"), finish("STOP")}, Want: []string{callF, "completed"}},
	"F16 a signed end of a text":   {Frames: []string{says("Hä"), parts(`{"text":"l\nlo","thoughtSignature":"QUJD"}`), finish("STOP")}, Want: []string{"message Häl\nlo", `reasoning {"texts":[{"from":3,"to":7,"signature":"QUJD"}]}`, "completed"}},
	"F16 a signed empty text":      {Frames: []string{says("Hä"), signs("QUJD"), finish("STOP")}, Want: []string{"message Hä", `reasoning {"texts":[{"from":3,"to":3,"signature":"QUJD"}]}`, "completed"}},
	"F16 a signature with the end": {Frames: []string{says("a"), `{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"QUJD"}]},"finishReason":"STOP"}]}`}, Want: []string{"message a", `reasoning {"texts":[{"from":1,"to":1,"signature":"QUJD"}]}`, "completed"}},
	"F16 signed pieces of a text":  {Frames: []string{parts(`{"text":"a","thoughtSignature":"QUJD"}`), says("b"), parts(`{"text":"c","thoughtSignature":"REVG"}`), callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, Want: []string{"message abc", `reasoning {"texts":[{"from":0,"to":1,"signature":"QUJD"},{"from":2,"to":3,"signature":"REVG"}]}`, `reasoning {"call":"QUJD"}`, callF, "completed"}},
	"F16 a signed thought": {
		Frames: []string{thinks("t"), parts(`{"text":"\u003cu","thought":true,"thoughtSignature":"QUJD"}`), says("a"), finish("STOP")},
		Want:   []string{`reasoning t<u {"parts":[{"text":"\u003cu","thought":true,"thoughtSignature":"QUJD"}]}`, "message a", "completed"},
	},
	"F16 a signed thought without text": {
		Frames: []string{parts(`{"thought":true,"thoughtSignature":"QUJD"}`), callOf("call_1", "f", `{"a":1}`, "REVG"), finish("STOP")},
		Want:   []string{`reasoning {"call":"REVG","parts":[{"text":"","thought":true,"thoughtSignature":"QUJD"}]}`, callF, "completed"},
	},
	"white space before a call": {Frames: []string{parts(`{"text":"\n","thoughtSignature":"QUJD"}`), callOf("call_1", "f", `{"a":1}`, "REVG"), finish("STOP")}, Want: []string{`reasoning {"texts":[{"from":0,"to":1,"signature":"QUJD"}]}`, `reasoning {"call":"REVG"}`, callF, "completed"}},

	"a search": {
		Frames: []string{says("Häl\n"), says("lo"), `{"candidates":[{"finishReason":"STOP",` + ground + `}]}`},
		Want:   []string{"message Häl\nlo", "web_search_call q", `web_search_call r ["https://a/1","https://b/2"]`, "completed"},
	},
	"a search that is shown while it is made": {
		Frames: []string{thinks("t"), parts(search), parts(found), says("Häl\nlo"), `{"candidates":[{"finishReason":"STOP",` + ground + `}]}`},
		Want: []string{
			"reasoning t", "web_search_call q", `reasoning {"parts":[` + search + "," + found + `]}`, "message Häl\nlo",
			`web_search_call r ["https://a/1","https://b/2"]`, "completed",
		},
	},
	"another tool of the server": {
		Frames: []string{parts(`{"toolCall":{"toolType":"URL_CONTEXT","id":"1"}}`), says("a"), finish("STOP")},
		Want:   []string{`reasoning {"parts":[{"toolCall":{"toolType":"URL_CONTEXT","id":"1"}}]}`, "message a", "completed"},
	},
	"grounding that says nothing": {
		Frames: []string{says("a"), `{"candidates":[{"finishReason":"STOP","groundingMetadata":{"webSearchQueries":[""],"groundingChunks":[{},{"web":{}}],"groundingSupports":[{},{"segment":{},"groundingChunkIndices":[0,-1,99]}]}}]}`},
		Want:   []string{"message a", "completed"},
	},

	"arguments in pieces": {
		Frames: []string{
			"{" + deeper + waiting,
			"{" + deeper + `"partialArgs":[{"jsonPath":"$.cmd","stringValue":"l\"","willContinue":true}],` + waiting,
			"{" + deeper + `"partialArgs":[{"jsonPath":"$.cmd","stringValue":"s"},{"jsonPath":"$.n","numberValue":1.5},{"jsonPath":"$['a b'].c[0].d","boolValue":true},{"jsonPath":"$['a b'].c[1]","nullValue":"NULL_VALUE"}],` + waiting,
			parts(`{"functionCall":{}}`), finish("STOP"),
		},
		Want: []string{`function_call f call_1 {"cmd":"l\"s","n":1.5,"a b":{"c":[{"d":true},null]}}`, "completed"},
	},
	"arguments in pieces that say nothing": {
		Frames: []string{"{" + deeper + `"partialArgs":[{},{"jsonPath":"x","stringValue":"s"},{"jsonPath":"$","stringValue":"s"},{"jsonPath":"$.a[b]","stringValue":"s"}],` + waiting, parts(`{"functionCall":{}}`), finish("STOP")},
		Want:   []string{`function_call f call_1 {"a":null}`, "completed"},
	},
	"arguments that break off": {Frames: []string{"{" + deeper + waiting, finish("STOP")}, Want: []string{"failed broke off the arguments of a tool call"}},

	"F60 the limit after text":      {Frames: []string{says("a"), finish("MAX_TOKENS")}, Want: []string{"message incomplete a", "incomplete max_output_tokens"}, Usage: "9/0/0/7/2"},
	"F60 the limit before anything": {Frames: []string{finish("MAX_TOKENS")}, Want: []string{"incomplete max_output_tokens"}},
	"F53 the limit in a call":       {Frames: []string{says("a"), "{" + deeper + waiting, finish("MAX_TOKENS")}, Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F61 a filter after text":       {Frames: []string{says("a"), finish("SAFETY")}, Want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a filter before text":      {Frames: []string{ends("PROHIBITED_CONTENT")}, Want: []string{"failed withheld its answer: its content filter objects (finish reason PROHIBITED_CONTENT)"}},
	"F61 recitation":                {Frames: []string{says("a"), ends("RECITATION")}, Want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a prompt that is blocked":  {Frames: []string{`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9}}`}, Want: []string{"failed withheld its answer: its content filter objects (block reason PROHIBITED_CONTENT)"}},
	"F61 blocked in the midst":      {Frames: []string{says("a"), `{"promptFeedback":{"blockReason":"OTHER"}}`}, Want: []string{"message incomplete a", "incomplete content_filter"}},
	"a reason that says nothing":    {Frames: []string{says("a"), ends("OTHER")}, Want: []string{"open: message in_progress", "failed ended its reply with the finish reason OTHER"}},
	"too many calls":                {Frames: []string{ends("TOO_MANY_TOOL_CALLS")}, Want: []string{"failed ended its reply with the finish reason TOO_MANY_TOOL_CALLS"}},
	"F61 a reason nobody knows":     {Frames: []string{says("a"), ends("ETERNITY")}, Want: []string{"message a", "completed"}},
	"a call that came out wrong":    {Frames: []string{thinks("t"), ends("MALFORMED_FUNCTION_CALL", `"finishMessage":"Malformed function call: print(f("`)}, Want: []string{"open: reasoning", "failed ended its reply with the finish reason MALFORMED_FUNCTION_CALL"}},
	"a reply that is to go on":      {Frames: []string{says("a"), ends("CONTINUATION")}, Want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F58 no finish reason":          {Frames: []string{says("a")}, Want: []string{"open: message in_progress", "failed broke off its reply"}},
	"a finish reason of no kind":    {Frames: []string{says("a"), ends("FINISH_REASON_UNSPECIFIED")}, Want: []string{"open: message in_progress", "failed broke off its reply"}},
	"F02 nothing at all":            {Want: []string{"failed ended its reply before it began"}},
	"F02 nothing but an end":        {Frames: []string{finish("STOP")}, Want: []string{"failed ended its reply without an answer"}},
	"F02 nothing but a signature":   {Frames: []string{signs("QUJD"), finish("STOP")}, Want: []string{"failed ended its reply without an answer"}},
	"F02 a chunk that is not JSON":  {Frames: []string{says("a"), `{"candidates":`}, Want: []string{"open: message in_progress", "failed sent a chunk that is not JSON"}},
	"F63 an error first":            {Frames: []string{aFailed(429, "RESOURCE_EXHAUSTED", "quota")}, Want: []string{"failed quota"}},
	"F63 an error in the midst":     {Frames: []string{says("a"), aFailed(503, "UNAVAILABLE", "The model is overloaded.")}, Want: []string{"open: message in_progress", "failed The model is overloaded."}},
	"F63 an error in a list":        {Frames: []string{says("a"), "[" + aFailed(500, "INTERNAL", "boom") + "]"}, Want: []string{"open: message in_progress", "failed boom"}},
}
