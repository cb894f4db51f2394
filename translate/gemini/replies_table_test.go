package gemini_test

import "strings"

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
var replies = map[string]reply{
	"text": {
		frames: []string{says("Hel"), says("lo"), finish("STOP")}, want: []string{"message Hello", "completed"}, usage: "9/0/7/2",
	},
	"all in one chunk": {
		frames: []string{`{"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"finishReason":"STOP"}],` + usage + `}`},
		want:   []string{"message Hi", "completed"}, usage: "9/0/7/2",
	},
	"F74 counts of all kinds": {
		frames: []string{says("a"), `{"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":60,"candidatesTokenCount":5,"thoughtsTokenCount":20,"toolUsePromptTokenCount":7,"totalTokenCount":132}}`},
		want:   []string{"message a", "completed"}, usage: "107/60/25/20",
	},
	"counts in each chunk": {
		frames: []string{`{"usageMetadata":{"promptTokenCount":9}}`, strings.TrimSuffix(says("a"), "}") + `,"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":1,"thoughtsTokenCount":40}}`, finish("STOP"), `{"usageMetadata":{}}`},
		want:   []string{"message a", "completed"}, usage: "9/0/7/2",
	},
	"thoughts": {
		frames: []string{thinks("Let"), thinks(" me"), says("a"), finish("STOP")}, want: []string{"reasoning Let me", "message a", "completed"},
	},
	"chunks that say nothing": {
		frames: []string{`{}`, `{"candidates":[]}`, `{"candidates":null}`, `{"candidates":[{"content":{}}]}`, `{"candidates":[{"content":{"parts":[{},{"text":""},{"executableCode":{}},null]}}]}`, ` `, says("a"), `{"promptFeedback":{}}`, finish("STOP")},
		want:   []string{"message a", "completed"},
	},
	"frames that are no chunks":  {frames: []string{`: ping`, `ping`, says("a"), `"x"`, `7`, `[]`, `[1]`, finish("STOP")}, want: []string{"message a", "completed"}},
	"the last word of a gateway": {frames: []string{says("a"), finish("STOP"), "[DONE]", says("b")}, want: []string{"message a", "completed"}},
	"only the first candidate counts": {
		frames: []string{`{"candidates":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}],"error":null}`, finish("STOP")},
		want:   []string{"message a", "completed"},
	},
	"escapes":                  {frames: []string{parts(`{"text":"\u003ca\u003e \ud83d\ude00\n"}`), finish("STOP")}, want: []string{"message <a> 😀\n", "completed"}},
	"bytes that are not UTF-8": {frames: []string{parts("{\"text\":\"a\xff\"}"), finish("STOP")}, want: []string{"message a\uFFFD", "completed"}},
	"text between thoughts": {
		frames: []string{thinks("t"), says("a"), thinks("u"), says("b"), finish("STOP")}, want: []string{"reasoning t", "message a", "reasoning u", "message b", "completed"},
	},

	"a call":                          {frames: []string{callOf("call_1", "f", `{"a":1}`, ""), finish("STOP")}, want: []string{callF, "completed"}},
	"a call in a chunk of many lines": {frames: []string{callOf("call_1", "f", "{ \"a\" :\t1 }", ""), finish("STOP")}, want: []string{callF, "completed"}},
	"F57 a call and the end":          {frames: []string{`{"candidates":[{"content":{"parts":[` + aCall("call_1", "f", `{"a":1}`, "") + `]},"finishReason":"STOP"}]}`}, want: []string{callF, "completed"}},
	"a call without arguments":        {frames: []string{parts(`{"functionCall":{"name":"f","id":"call_1"}}`), finish("STOP")}, want: []string{"function_call f call_1 {}", "completed"}},
	"arguments of other kinds":        {frames: []string{parts(`{"functionCall":{"name":"f","id":"1","args":null}}`, `{"functionCall":{"name":"g","id":"2","args":[1]}}`), finish("STOP")}, want: []string{"function_call f 1 {}", "function_call g 2 {}", "completed"}},
	"F48 calls without ids":           {frames: []string{parts(aCall("", "f", `{"a":1}`, ""), aCall("", "f", `{"a":2}`, "")), finish("STOP")}, want: []string{`function_call f call_2 {"a":1}`, `function_call f call_4 {"a":2}`, "completed"}},
	"F44 calls with one id":           {frames: []string{parts(aCall("x", "f", `{"a":1}`, ""), aCall("x", "f", `{"a":2}`, "")), finish("STOP")}, want: []string{`function_call f x {"a":1}`, `function_call f call_3 {"a":2}`, "completed"}},
	"a call of a custom tool":         {frames: []string{callOf("1", "c", `{"input":"*** Begin\n\"é\""}`, ""), finish("STOP")}, want: []string{"custom_tool_call c 1 *** Begin\n\"é\"", "completed"}},
	"a call in a namespace":           {frames: []string{callOf("1", "ns__n", `{}`, ""), finish("STOP")}, want: []string{"function_call ns n 1 {}", "completed"}},
	"a call of an unknown tool":       {frames: []string{callOf("1", "x", `{}`, ""), finish("STOP")}, want: []string{"function_call x 1 {}", "completed"}},
	"a call without a name":           {frames: []string{parts(`{"functionCall":{"args":{}}}`), finish("STOP")}, want: []string{"failed made a tool call without a name"}},
	"large numbers":                   {frames: []string{callOf("1", "f", `{"a":12345678901234567890.10}`, ""), finish("STOP")}, want: []string{`function_call f 1 {"a":12345678901234567890.10}`, "completed"}},
	"text around a call": {
		frames: []string{says("a"), callOf("call_1", "f", `{"a":1}`, ""), says("b"), finish("STOP")}, want: []string{"message a", callF, "message b", "completed"},
	},

	"F16 a signed call":                 {frames: []string{callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, want: []string{`reasoning {"call":"QUJD"}`, callF, "completed"}},
	"F16 a signed call behind thoughts": {frames: []string{thinks("t"), callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, want: []string{`reasoning t {"call":"QUJD"}`, callF, "completed"}},
	"F16 a signed call behind text":     {frames: []string{says("a"), callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, want: []string{"message a", `reasoning {"call":"QUJD"}`, callF, "completed"}},
	"F16 several calls of which the first is signed": {
		frames: []string{thinks("t"), parts(aCall("call_1", "f", `{"a":1}`, "QUJD"), aCall("2", "g", `{}`, "")), finish("STOP")},
		want:   []string{`reasoning t {"call":"QUJD"}`, callF, "function_call g 2 {}", "completed"},
	},
	"F16 several calls that are signed": {
		frames: []string{parts(aCall("call_1", "f", `{"a":1}`, "QUJD"), aCall("2", "g", `{}`, "REVG")), finish("STOP")},
		want:   []string{`reasoning {"call":"QUJD"}`, callF, `reasoning {"call":"REVG"}`, "function_call g 2 {}", "completed"},
	},
	"F16 a signature with escapes": {frames: []string{callOf("call_1", "f", `{"a":1}`, `QU\/DR\u003d\u003d`), finish("STOP")}, want: []string{callF, "completed"}},
	"F16 an escaped signature":     {frames: []string{parts(`{"functionCall":{"name":"f","id":"call_1","args":{"a":1}},"thoughtSignature":"QU\/DRA\u003d\u003d"}`), finish("STOP")}, want: []string{`reasoning {"call":"QU/DRA=="}`, callF, "completed"}},
	"a signature that is none":     {frames: []string{callOf("call_1", "f", `{"a":1}`, "not base64!"), finish("STOP")}, want: []string{callF, "completed"}},
	"F16 a signed end of a text":   {frames: []string{says("Hä"), parts(`{"text":"l\nlo","thoughtSignature":"QUJD"}`), finish("STOP")}, want: []string{"message Häl\nlo", `reasoning {"texts":[{"from":3,"to":7,"signature":"QUJD"}]}`, "completed"}},
	"F16 a signed empty text":      {frames: []string{says("Hä"), signs("QUJD"), finish("STOP")}, want: []string{"message Hä", `reasoning {"texts":[{"from":3,"to":3,"signature":"QUJD"}]}`, "completed"}},
	"F16 a signature with the end": {frames: []string{says("a"), `{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"QUJD"}]},"finishReason":"STOP"}]}`}, want: []string{"message a", `reasoning {"texts":[{"from":1,"to":1,"signature":"QUJD"}]}`, "completed"}},
	"F16 signed pieces of a text":  {frames: []string{parts(`{"text":"a","thoughtSignature":"QUJD"}`), says("b"), parts(`{"text":"c","thoughtSignature":"REVG"}`), callOf("call_1", "f", `{"a":1}`, "QUJD"), finish("STOP")}, want: []string{"message abc", `reasoning {"texts":[{"from":0,"to":1,"signature":"QUJD"},{"from":2,"to":3,"signature":"REVG"}]}`, `reasoning {"call":"QUJD"}`, callF, "completed"}},
	"F16 a signed thought": {
		frames: []string{thinks("t"), parts(`{"text":"\u003cu","thought":true,"thoughtSignature":"QUJD"}`), says("a"), finish("STOP")},
		want:   []string{`reasoning t<u {"parts":[{"text":"\u003cu","thought":true,"thoughtSignature":"QUJD"}]}`, "message a", "completed"},
	},
	"F16 a signed thought without text": {
		frames: []string{parts(`{"thought":true,"thoughtSignature":"QUJD"}`), callOf("call_1", "f", `{"a":1}`, "REVG"), finish("STOP")},
		want:   []string{`reasoning {"call":"REVG","parts":[{"text":"","thought":true,"thoughtSignature":"QUJD"}]}`, callF, "completed"},
	},
	"white space before a call": {frames: []string{parts(`{"text":"\n","thoughtSignature":"QUJD"}`), callOf("call_1", "f", `{"a":1}`, "REVG"), finish("STOP")}, want: []string{`reasoning {"texts":[{"from":0,"to":1,"signature":"QUJD"}]}`, `reasoning {"call":"REVG"}`, callF, "completed"}},

	"a search": {
		frames: []string{says("Häl\n"), says("lo"), `{"candidates":[{"finishReason":"STOP",` + ground + `}]}`},
		want:   []string{"message Häl\nlo", "web_search_call q", `web_search_call r ["https://a/1","https://b/2"]`, "completed"},
	},
	"a search that is shown while it is made": {
		frames: []string{thinks("t"), parts(search), parts(found), says("Häl\nlo"), `{"candidates":[{"finishReason":"STOP",` + ground + `}]}`},
		want: []string{
			"reasoning t", "web_search_call q", `reasoning {"parts":[` + search + "," + found + `]}`, "message Häl\nlo",
			`web_search_call r ["https://a/1","https://b/2"]`, "completed",
		},
	},
	"another tool of the server": {
		frames: []string{parts(`{"toolCall":{"toolType":"URL_CONTEXT","id":"1"}}`), says("a"), finish("STOP")},
		want:   []string{`reasoning {"parts":[{"toolCall":{"toolType":"URL_CONTEXT","id":"1"}}]}`, "message a", "completed"},
	},
	"grounding that says nothing": {
		frames: []string{says("a"), `{"candidates":[{"finishReason":"STOP","groundingMetadata":{"webSearchQueries":[""],"groundingChunks":[{},{"web":{}}],"groundingSupports":[{},{"segment":{},"groundingChunkIndices":[0,-1,99]}]}}]}`},
		want:   []string{"message a", "completed"},
	},

	"arguments in pieces": {
		frames: []string{
			"{" + deeper + waiting,
			"{" + deeper + `"partialArgs":[{"jsonPath":"$.cmd","stringValue":"l\"","willContinue":true}],` + waiting,
			"{" + deeper + `"partialArgs":[{"jsonPath":"$.cmd","stringValue":"s"},{"jsonPath":"$.n","numberValue":1.5},{"jsonPath":"$['a b'].c[0].d","boolValue":true},{"jsonPath":"$['a b'].c[1]","nullValue":"NULL_VALUE"}],` + waiting,
			parts(`{"functionCall":{}}`), finish("STOP"),
		},
		want: []string{`function_call f call_1 {"cmd":"l\"s","n":1.5,"a b":{"c":[{"d":true},null]}}`, "completed"},
	},
	"arguments in pieces that say nothing": {
		frames: []string{"{" + deeper + `"partialArgs":[{},{"jsonPath":"x","stringValue":"s"},{"jsonPath":"$","stringValue":"s"},{"jsonPath":"$.a[b]","stringValue":"s"}],` + waiting, parts(`{"functionCall":{}}`), finish("STOP")},
		want:   []string{`function_call f call_1 {"a":null}`, "completed"},
	},
	"arguments that break off": {frames: []string{"{" + deeper + waiting, finish("STOP")}, want: []string{"failed broke off the arguments of a tool call"}},

	"F60 the limit after text":      {frames: []string{says("a"), finish("MAX_TOKENS")}, want: []string{"message incomplete a", "incomplete max_output_tokens"}, usage: "9/0/7/2"},
	"F60 the limit before anything": {frames: []string{finish("MAX_TOKENS")}, want: []string{"incomplete max_output_tokens"}},
	"F53 the limit in a call":       {frames: []string{says("a"), "{" + deeper + waiting, finish("MAX_TOKENS")}, want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F61 a filter after text":       {frames: []string{says("a"), finish("SAFETY")}, want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a filter before text":      {frames: []string{ends("PROHIBITED_CONTENT")}, want: []string{"failed withheld its answer: its content filter objects (finish reason PROHIBITED_CONTENT)"}},
	"F61 recitation":                {frames: []string{says("a"), ends("RECITATION")}, want: []string{"message incomplete a", "incomplete content_filter"}},
	"F61 a prompt that is blocked":  {frames: []string{`{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":9}}`}, want: []string{"failed withheld its answer: its content filter objects (block reason PROHIBITED_CONTENT)"}},
	"F61 blocked in the midst":      {frames: []string{says("a"), `{"promptFeedback":{"blockReason":"OTHER"}}`}, want: []string{"message incomplete a", "incomplete content_filter"}},
	"a reason that says nothing":    {frames: []string{says("a"), ends("OTHER")}, want: []string{"open: message in_progress", "failed ended its reply with the finish reason OTHER"}},
	"too many calls":                {frames: []string{ends("TOO_MANY_TOOL_CALLS")}, want: []string{"failed ended its reply with the finish reason TOO_MANY_TOOL_CALLS"}},
	"F61 a reason nobody knows":     {frames: []string{says("a"), ends("ETERNITY")}, want: []string{"message a", "completed"}},
	"a call that came out wrong":    {frames: []string{thinks("t"), ends("MALFORMED_FUNCTION_CALL", `"finishMessage":"Malformed function call: print(f("`)}, want: []string{"open: reasoning", "failed ended its reply with the finish reason MALFORMED_FUNCTION_CALL"}},
	"a reply that is to go on":      {frames: []string{says("a"), ends("CONTINUATION")}, want: []string{"message incomplete a", "incomplete max_output_tokens"}},
	"F58 no finish reason":          {frames: []string{says("a")}, want: []string{"open: message in_progress", "failed broke off its reply"}},
	"a finish reason of no kind":    {frames: []string{says("a"), ends("FINISH_REASON_UNSPECIFIED")}, want: []string{"open: message in_progress", "failed broke off its reply"}},
	"F02 nothing at all":            {want: []string{"failed ended its reply before it began"}},
	"F02 nothing but an end":        {frames: []string{finish("STOP")}, want: []string{"failed ended its reply without an answer"}},
	"F02 nothing but a signature":   {frames: []string{signs("QUJD"), finish("STOP")}, want: []string{"failed ended its reply without an answer"}},
	"F02 a chunk that is not JSON":  {frames: []string{says("a"), `{"candidates":`}, want: []string{"open: message in_progress", "failed sent a chunk that is not JSON"}},
	"F63 an error first":            {frames: []string{aFailed(429, "RESOURCE_EXHAUSTED", "quota")}, want: []string{"failed quota"}},
	"F63 an error in the midst":     {frames: []string{says("a"), aFailed(503, "UNAVAILABLE", "The model is overloaded.")}, want: []string{"open: message in_progress", "failed The model is overloaded."}},
	"F63 an error in a list":        {frames: []string{says("a"), "[" + aFailed(500, "INTERNAL", "boom") + "]"}, want: []string{"open: message in_progress", "failed boom"}},
}
