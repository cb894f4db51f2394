package streamcheck

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/tidwall/gjson"
)

// prefixes has the start of an id by the type of its item. Codex gives an item without such an id a new one, and OpenAI refuses
// an id with the prefix of another type. Types that are not listed may have any id.
var prefixes = map[string]string{
	"message":          "msg_",
	"reasoning":        "rs_",
	"function_call":    "fc_",
	"custom_tool_call": "ctc_",
	"tool_search_call": "tsc_",
	"web_search_call":  "ws_",
	"compaction":       "cmp_",
}

// CheckResponse reports the first rule that a response object outside of a stream breaks. The response may be a running one.
func CheckResponse(object []byte) error {
	if !gjson.ValidBytes(object) {
		return fmt.Errorf("not JSON: %.200s", object)
	}
	if err := checkResponseSchema(object); err != nil {
		return err
	}
	response := gjson.ParseBytes(object)
	switch response.Get("status").String() {
	case "queued", "in_progress":
		return checkID("response", response.Get("id").String(), "resp_")
	}
	ids := make(map[string]bool)
	for i, item := range response.Get("output").Array() {
		id, kind := item.Get("id").String(), item.Get("type").String()
		if err := checkID(kind, id, prefixes[kind]); err != nil {
			return fmt.Errorf("output.%d: %w", i, err)
		}
		if ids[id] {
			return fmt.Errorf("output.%d: the id %s was used before", i, id)
		}
		ids[id] = true
	}
	return checkFinal(response)
}

// checkRunning checks the response object of an event before the terminal one.
func checkRunning(e Event, response gjson.Result) error {
	if status := response.Get("status").String(); status != "in_progress" && status != "queued" {
		return fmt.Errorf("response.status is %q in an event that is not terminal", status)
	}
	if e.Type == "response.created" && len(response.Get("output").Array()) > 0 {
		return errors.New("response.output is not empty at the start")
	}
	return checkID("response", response.Get("id").String(), "resp_")
}

// checkEnding checks that a response's status is one that its terminal event may announce.
//
// A response.completed may carry an incomplete response: Codex aborts the turn at response.incomplete with max_output_tokens, and
// takes this form for a normal end.
func checkEnding(eventType, status string) error {
	announced := strings.TrimPrefix(eventType, "response.")
	if status == announced || announced == "completed" && status == "incomplete" {
		return nil
	}
	return fmt.Errorf("response.status is %q", status)
}

// checkFinal checks that a response that has ended agrees with itself.
func checkFinal(response gjson.Result) error {
	if err := checkID("response", response.Get("id").String(), "resp_"); err != nil {
		return err
	}
	status := response.Get("status").String()
	for _, rule := range []struct {
		field, status string
		required      bool
	}{
		{"error", "failed", true},
		{"incomplete_details", "incomplete", true},
		{"completed_at", "completed", false},
	} {
		value := response.Get(rule.field)
		set := value.Exists() && value.Type != gjson.Null
		if set && status != rule.status {
			return fmt.Errorf("response.%s is set, and response.status is %q", rule.field, status)
		}
		if !set && rule.required && status == rule.status {
			return fmt.Errorf("response.%s is not set, and response.status is %q", rule.field, status)
		}
	}
	return checkFinalItems(status, response.Get("output").Array())
}

// checkFinalItems checks the items of a response that has ended. What was cut off is the last item, so that clients know what to
// distrust.
func checkFinalItems(status string, items []gjson.Result) error {
	for i, item := range items {
		switch item.Get("status").String() {
		case "in_progress", "searching":
			return fmt.Errorf("response.output.%d has the status of a running item", i)
		case "incomplete":
			if status == "completed" {
				return fmt.Errorf("response.output.%d is incomplete in a completed response", i)
			}
			if i != len(items)-1 {
				return fmt.Errorf("response.output.%d is incomplete and not the last item", i)
			}
		}
	}
	return nil
}

// checkID checks the prefix of an id, and that something follows it.
func checkID(what, id, prefix string) error {
	if !strings.HasPrefix(id, prefix) || id == prefix {
		return fmt.Errorf("the id of a %s is %q, want %s and more", what, id, prefix)
	}
	return nil
}

// sameJSON reports whether two values are equal, whatever their spacing and the order of their keys.
func sameJSON(a, b gjson.Result) bool {
	return a.Exists() == b.Exists() && reflect.DeepEqual(decode(a), decode(b))
}

func decode(value gjson.Result) any {
	var v any
	decoder := json.NewDecoder(strings.NewReader(value.Raw))
	decoder.UseNumber()
	if decoder.Decode(&v) != nil {
		return nil
	}
	return v
}
