package dialect_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/caddy-codex/responses/translate/dialect"
)

func TestKnobsAndFieldsAreTheSame(t *testing.T) {
	var fields []string
	for field := range reflect.TypeFor[dialect.Dialect]().Fields() {
		fields = append(fields, field.Tag.Get("json"))
	}
	var knobs []string
	for _, knob := range dialect.Knobs() {
		knobs = append(knobs, knob.Name)
		if knob.Doc == "" {
			t.Errorf("%s says nothing of itself", knob.Name)
		}
		if valued := knob.Type == "enum" || knob.Type == "set"; valued != (len(knob.Values) > 0) {
			t.Errorf("%s is of type %s and has the values %v", knob.Name, knob.Type, knob.Values)
		}
	}
	slices.Sort(fields)
	slices.Sort(knobs)
	if !slices.Equal(fields, knobs) {
		t.Errorf("fields are %v\nknobs are  %v", fields, knobs)
	}
}

func TestDefaultHasEveryKnobAtItsDefault(t *testing.T) {
	data, err := json.Marshal(dialect.Default())
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := json.Unmarshal(data, &values); err != nil {
		t.Fatal(err)
	}
	for _, knob := range dialect.Knobs() {
		var want any
		if err := json.Unmarshal(knob.Default, &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(values[knob.Name], want) {
			t.Errorf("%s is %v, its default %v", knob.Name, values[knob.Name], want)
		}
	}
}

func TestParseAndApply(t *testing.T) {
	tests := map[string]struct {
		name  string
		words []string
		value func(d *dialect.Dialect) any
		want  any
	}{
		"an enum":             {"system_role", []string{"developer"}, func(d *dialect.Dialect) any { return d.SystemRole }, "developer"},
		"a switch":            {"think_tags", []string{"true"}, func(d *dialect.Dialect) any { return d.ThinkTags }, true},
		"a text":              {"reasoning_filler", []string{"a b"}, func(d *dialect.Dialect) any { return d.ReasoningFiller }, "a b"},
		"an empty text":       {"reasoning_filler", []string{""}, func(d *dialect.Dialect) any { return d.ReasoningFiller }, ""},
		"a set":               {"tool_choice", []string{"auto", "none"}, func(d *dialect.Dialect) any { return d.ToolChoice }, []string{"auto", "none"}},
		"a set that is empty": {"tool_choice", []string{""}, func(d *dialect.Dialect) any { return d.ToolChoice }, []string{}},
		"a map":               {"effort_map", []string{"low=a", "high=b=c"}, func(d *dialect.Dialect) any { return d.EffortMap }, map[string]string{"low": "a", "high": "b=c"}},
		"an object":           {"extra_body", []string{`{"a": {"b": 1}, "c": "d e"}`}, func(d *dialect.Dialect) any { return string(d.ExtraBody) }, `"a":{"b":1},"c":"d e"`},
		"an empty object":     {"extra_body", []string{`{}`}, func(d *dialect.Dialect) any { return string(d.ExtraBody) }, ``},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			value, err := dialect.Parse(test.name, test.words)
			if err != nil {
				t.Fatal(err)
			}
			d := dialect.Default()
			if err := d.Apply(dialect.Settings{test.name: value}); err != nil {
				t.Fatal(err)
			}
			if got := test.value(&d); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestMistakesSayWhatIsAllowed(t *testing.T) {
	tests := map[string]struct {
		name    string
		words   []string
		value   string
		message string
	}{
		"a knob that is not there":       {"effrt", []string{"x"}, `"x"`, "the knobs are assistant_content, auth,"},
		"a value that is not there":      {"images", []string{"some"}, `"some"`, "images is one of url, data, none"},
		"one of a set that is not there": {"tool_choice", []string{"auto", "maybe"}, `["auto","maybe"]`, "any of auto, none, required, named"},
		"a set that is a text":           {"tool_choice", nil, `"auto"`, "list of auto"},
		"a switch in between":            {"think_tags", []string{"half"}, `"half"`, "think_tags is true or false"},
		"several words for one":          {"images", []string{"url", "data"}, ``, "knob images"},
		"a map without its sign":         {"effort_map", []string{"low"}, `{"low":1}`, "effort_map"},
		"an object that is none":         {"extra_body", []string{"[1]"}, `[1]`, "JSON object"},
		"an object that is no JSON":      {"extra_body", []string{"{a}"}, ``, "JSON object"},
		"a text that is a number":        {"reasoning_filler", nil, `7`, "reasoning_filler is a text"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if test.words != nil {
				if _, err := dialect.Parse(test.name, test.words); err == nil || !strings.Contains(err.Error(), test.message) {
					t.Errorf("in words: got %v", err)
				}
			}
			if test.value != "" {
				d := dialect.Default()
				if err := d.Apply(dialect.Settings{test.name: json.RawMessage(test.value)}); err == nil || !strings.Contains(err.Error(), test.message) {
					t.Errorf("as JSON: got %v", err)
				}
			}
		})
	}
}

func TestALaterSettingReplacesAnEarlierOneAsAWhole(t *testing.T) {
	d := dialect.Default()
	for _, settings := range []dialect.Settings{
		{"effort_map": json.RawMessage(`{"low":"a","high":"b"}`), "tool_choice": json.RawMessage(`["auto","none"]`), "extra_body": json.RawMessage(`{"a":1}`)},
		{"effort_map": json.RawMessage(`{"low":"c"}`), "tool_choice": json.RawMessage(`["named"]`), "extra_body": json.RawMessage(`{"b":2}`)},
	} {
		if err := d.Apply(settings); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(d.EffortMap, map[string]string{"low": "c"}) || !slices.Equal(d.ToolChoice, []string{"named"}) || string(d.ExtraBody) != `"b":2` {
		t.Errorf("got %v %v %s", d.EffortMap, d.ToolChoice, d.ExtraBody)
	}
}

func TestF84Effort(t *testing.T) {
	d := dialect.Dialect{EffortMap: map[string]string{"none": "off", "low": "low", "medium": "", "max": "xhigh"}}
	for requested, want := range map[string]string{"none": "off", "low": "low", "medium": "", "high": "", "max": "xhigh", "ultra": "xhigh", "galactic": "", "": ""} {
		if value, send := d.Effort(requested); value != want || send != (want != "") {
			t.Errorf("%q became %q, %v", requested, value, send)
		}
	}
}
