package dialect

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestEveryKnobIsAFieldAndEveryFieldAKnob(t *testing.T) {
	var fields, knobs []string
	typ := reflect.TypeFor[Dialect]()
	for i := range typ.NumField() {
		fields = append(fields, typ.Field(i).Tag.Get("json"))
	}
	for _, knob := range Knobs() {
		knobs = append(knobs, knob.Name)
		if knob.Doc == "" || knob.Default == nil {
			t.Errorf("%s has no doc or no default", knob.Name)
		}
	}
	if !slices.Equal(fields, knobs) {
		t.Errorf("the fields are\n%v, the knobs\n%v", fields, knobs)
	}
}

func TestDefaultIsWhatTheDataSays(t *testing.T) {
	d := Default()
	got, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(got, &members); err != nil {
		t.Fatal(err)
	}
	for _, knob := range Knobs() {
		if want := strings.ReplaceAll(string(knob.Default), " ", ""); string(members[knob.Name]) != want {
			t.Errorf("%s: got %s, want %s", knob.Name, members[knob.Name], want)
		}
	}
}

func TestParseReadsTheWordsOfAConfiguration(t *testing.T) {
	for words, want := range map[string]string{
		"auth none":                      `"none"`,
		"think_tags true":                "true",
		"reasoning_filler .":             `"."`,
		"tool_choice auto required":      `["auto","required"]`,
		"effort_map none=off high=high":  `{"high":"high","none":"off"}`,
		`extra_body {"a":{"b":[1,"x"]}}`: `{"a":{"b":[1,"x"]}}`,
	} {
		all := strings.Fields(words)
		if got, err := Parse(all[0], all[1:]); err != nil || string(got) != want {
			t.Errorf("%s: got %s, %v", words, got, err)
		}
	}
	if got, err := Parse("tool_choice", []string{""}); err != nil || string(got) != "[]" {
		t.Errorf("an empty set: got %s, %v", got, err)
	}
}

func TestParseSaysWhatThereIs(t *testing.T) {
	for words, want := range map[string]string{
		"volume high":          "the knobs are assistant_content, auth,",
		"auth basic":           "bearer, x-api-key, api-key, none",
		"auth":                 "one value of bearer",
		"tool_choice sometime": "auto, none, required, named",
		"think_tags maybe":     "true or false",
		"extra_body [1]":       "JSON object",
		"extra_body {":         "JSON object",
		"effort_map high":      "name=value",
	} {
		all := strings.Fields(words)
		if _, err := Parse(all[0], all[1:]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", words, err)
		}
	}
}

func TestApplyReplacesMapsAndLists(t *testing.T) {
	d := Default()
	for _, settings := range []Settings{
		{"effort_map": json.RawMessage(`{"low":"low","high":"high"}`), "tool_choice": json.RawMessage(`["auto","none"]`)},
		{"effort_map": json.RawMessage(`{"high":"max"}`), "tool_choice": json.RawMessage(`["none"]`)},
	} {
		if err := d.Apply(settings); err != nil {
			t.Fatal(err)
		}
	}
	if len(d.EffortMap) != 1 || d.EffortMap["high"] != "max" || !slices.Equal(d.ToolChoice, []string{"none"}) {
		t.Errorf("got %v and %v", d.EffortMap, d.ToolChoice)
	}
}

func TestEffortOfWhatIsNotMappedIsNotSent(t *testing.T) {
	d := Dialect{EffortMap: map[string]string{"high": "max", "max": "max", "low": ""}}
	for requested, want := range map[string]string{"high": "max", "ultra": "max", "low": "", "medium": "", "absurd": ""} {
		if got, send := d.Effort(requested); got != want || send != (want != "") {
			t.Errorf("%s: got %q, %v", requested, got, send)
		}
	}
}
