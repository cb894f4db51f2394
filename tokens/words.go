package tokens

// The members of request bodies, in the words of all wires. Where two of them have the same word, it means the same.

// prompt are the members of a body that the model reads.
var prompt = set(
	"instructions", "system", "systemInstruction",
	"messages", "input", "contents",
	"tools", "toolConfig",
	"response_format", "text", "format", "output_config", "outputConfig",
)

// turns are the members of a body of which each element is a message, or stands for one.
var turns = set("messages", "input", "contents")

func set(names ...string) map[string]bool {
	in := make(map[string]bool, len(names))
	for _, name := range names {
		in[name] = true
	}
	return in
}

// meaning says what a member is to the model. The zero value is a text, or something that holds texts.
type meaning int

const (
	_         meaning = iota
	structure         // what the model does not see, or sees as what stands around a message
	document          // JSON that the model sees as such, unless it is a text
	medium            // an image or a file
	media             // a list of those
)

var meanings = func() map[string]meaning {
	of := make(map[string]meaning)
	for m, names := range map[meaning][]string{
		structure: {
			"type", "role", "phase", "status", "id", "index", "detail",
			"call_id", "tool_call_id", "tool_use_id", "toolUseId",
			"cache_control", "cachePoint", "annotations", "logprobs",
			"signature", "thoughtSignature", "encrypted_content", "redactedContent", "data",
			"mimeType", "media_type",
		},
		document: {
			"tools", "toolConfig", "response_format", "text", "format", "output_config", "outputConfig",
			"args", "arguments", "input", "response", "json",
		},
		medium: {"image", "image_url", "source", "inlineData", "fileData", "file", "file_data", "file_url", "file_id", "document"},
		media:  {"images"},
	} {
		for _, name := range names {
			of[name] = m
		}
	}
	return of
}()
