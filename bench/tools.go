package main

import "strings"

// A tool is described in short: each parameter as "name:type", with "!" behind it where it is required and "=a|b" for an enumeration.
type tool struct {
	name        string
	description int // bytes
	parameters  string
}

// tools are the functions that the Codex CLI offers in a usual session with one or two MCP servers; 14 stand alone.
var tools = []tool{
	{"exec_command", 900, "cmd:string! justification:string login:boolean max_output_tokens:number prefix_rule:array " +
		"sandbox_permissions:string=use_default|require_escalated shell:string tty:boolean workdir:string yield_time_ms:number"},
	{"write_stdin", 300, "chars:string max_output_tokens:number session_id:number! yield_time_ms:number"},
	{"update_plan", 400, "explanation:string plan:array! status:string=pending|in_progress|completed"},
	{"request_user_input", 350, "questions:array! header:string id:string question:string options:array"},
	{"view_image", 200, "path:string!"},
	{"apply_patch", 1_500, "input:string!"},
	{"list_mcp_resources", 300, "cursor:string server:string"},
	{"list_mcp_resource_templates", 300, "cursor:string server:string"},
	{"read_mcp_resource", 250, "server:string! uri:string!"},
	{"get_goal", 150, ""},
	{"create_goal", 300, "objective:string! token_budget:integer"},
	{"update_goal", 250, "status:string!=complete|blocked|paused"},
	{"docs_search", 400, "query:string! library:string version:string limit:integer"},
	{"docs_fetch", 300, "url:string! format:string=markdown|text|html max_bytes:integer"},
}

// agents is the namespace, which counts as the fifteenth tool.
const agents = "multi_agent_v1"

var agentTools = []tool{
	{"close_agent", 250, "target:string!"},
	{"resume_agent", 250, "id:string!"},
	{"send_input", 400, "interrupt:boolean items:array message:string target:string!"},
	{"spawn_agent", 1_100, "fork_context:boolean items:array message:string model:string reasoning_effort:string"},
	{"wait_agent", 350, "targets:array! timeout_ms:number"},
}

func responsesTools() []object {
	f := newFiller(3)
	function := func(t tool) object {
		return object{
			{"type", "function"}, {"name", t.name}, {"description", f.text(t.description)}, {"strict", false}, {"parameters", t.schema(f)},
		}
	}
	var list, members []object
	for _, t := range tools {
		list = append(list, function(t))
	}
	for _, t := range agentTools {
		members = append(members, function(t))
	}
	return append(list, object{{"type", "namespace"}, {"name", agents}, {"description", f.text(200)}, {"tools", members}})
}

func chatTools() []object {
	f := newFiller(3)
	var list []object
	add := func(t tool, name string) {
		list = append(list, object{{"type", "function"}, {"function", object{
			{"name", name}, {"description", f.text(t.description)}, {"strict", false}, {"parameters", t.schema(f)},
		}}})
	}
	for _, t := range tools {
		add(t, t.name)
	}
	for _, t := range agentTools {
		add(t, agents+"__"+t.name)
	}
	return list
}

// schema spells out the JSON schema of the parameters. Arrays hold objects of two fields, as those of Codex do.
func (t tool) schema(f *filler) object {
	properties, required := object{}, []string{}
	for spec := range strings.FieldsSeq(t.parameters) {
		spec, values, enumerated := strings.Cut(spec, "=")
		name, kind, _ := strings.Cut(spec, ":")
		if bare, ok := strings.CutSuffix(kind, "!"); ok {
			kind, required = bare, append(required, name)
		}
		property := object{{"type", kind}, {"description", f.text(60 + f.pick(80))}}
		if enumerated {
			property = append(property, member{"enum", strings.Split(values, "|")})
		}
		if kind == "array" {
			fields := object{
				{"label", object{{"type", "string"}, {"description", f.text(50)}}},
				{"text", object{{"type", "string"}, {"description", f.text(50)}}},
			}
			property = append(property, member{"items", object{
				{"type", "object"}, {"properties", fields}, {"required", []string{"label"}}, {"additionalProperties", false},
			}})
		}
		properties = append(properties, member{name, property})
	}
	return object{{"type", "object"}, {"properties", properties}, {"required", required}, {"additionalProperties", false}}
}
