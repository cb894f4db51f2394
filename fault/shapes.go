package fault

import (
	"strings"

	"github.com/tidwall/gjson"
)

// readJSON finds the report in the shapes that providers use: an error object, an error text, detail, a flat object, an array of
// one, code and msg, a list of errors, base_resp. What holds choices is an answer unless it says error.
func readJSON(doc gjson.Result) (report, bool) {
	if doc.IsArray() {
		doc = doc.Get("0")
	}
	if !doc.IsObject() {
		return report{}, false
	}
	object := doc.Get("error")
	switch {
	case object.IsObject():
		r := readObject(object)
		if raw := object.Get("metadata.raw"); raw.Exists() {
			r.message += ": " + rawCause(raw)
		}
		return r, true
	case object.Type == gjson.String && object.Str != "":
		r := readObject(doc)
		r.message = object.Str
		return r, true
	}
	if base := doc.Get("base_resp"); base.Get("status_code").Int() != 0 {
		return report{message: base.Get("status_msg").String(), code: base.Get("status_code").String()}, true
	}
	if doc.Get("choices").Exists() {
		return report{}, false
	}
	return readFlat(doc)
}

// readFlat finds the report in an object that is no answer and has no member called error.
func readFlat(doc gjson.Result) (report, bool) {
	detail, code := doc.Get("detail"), doc.Get("code")
	switch {
	case detail.Exists() && detail.Type != gjson.Null:
		return readDetail(detail), true
	case doc.Get("errors.0").Exists():
		r := readObject(doc.Get("errors.0"))
		return r, r.message != ""
	case doc.Get("success").Type == gjson.False, doc.Get("object").Str == "error", doc.Get("type").Str == "error":
		return readObject(doc), true
	case text(doc.Get("message")) != "":
		return readObject(doc), true
	case text(doc.Get("msg")) != "" && code.Int() != 0 && code.Int() != 200:
		return readObject(doc), true
	}
	return report{}, false
}

func readObject(object gjson.Result) report {
	r := report{
		message: text(object.Get("message")),
		code:    object.Get("code").String(),
		typ:     object.Get("type").String(),
		param:   object.Get("param").String(),
	}
	if r.message == "" {
		r.message = text(object.Get("msg"))
	}
	if n := int(object.Get("code").Int()); n >= 400 && n < 600 {
		r.status = n
	}
	if status := object.Get("status"); status.Type == gjson.String && r.typ == "" {
		r.typ = status.Str
	}
	return r
}

// readDetail reads the detail of a validation: a text, an object, or a list of which the first says what is wrong and where. What it
// says besides can be the prompt.
func readDetail(detail gjson.Result) report {
	switch {
	case detail.IsArray():
		return report{message: strings.TrimSpace(text(detail.Get("0.msg")) + " " + detail.Get("0.loc").Raw)}
	case detail.IsObject():
		return readObject(detail)
	default:
		return report{message: detail.String()}
	}
}

// text reads a message, which some providers make an object.
func text(message gjson.Result) string {
	if message.IsObject() {
		r, _ := readJSON(message)
		return r.message
	}
	return message.String()
}

// rawCause reads what a market of providers reports of the one behind it: a text, or JSON in a text.
func rawCause(raw gjson.Result) string {
	text := raw.String()
	if inner, ok := readJSON(gjson.Parse(text)); ok && inner.message != "" {
		return inner.message
	}
	return text
}
