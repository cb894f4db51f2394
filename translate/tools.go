package translate

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Tool is a tool that the model may call.
type Tool struct {
	Kind            ToolKind
	Namespace, Name string // as the client knows it; the namespace is empty for most

	// WireName is the tool's name for upstreams that know neither namespaces nor odd characters.
	WireName string

	Description []byte // escaped
	Parameters  []byte // raw JSON schema; nil where absent
	Strict      []byte // raw; nil where absent
	Syntax      []byte // escaped: the kind of grammar of a custom tool
	Grammar     []byte // escaped: the grammar itself
}

// ToolKind says how a client wants a call of the tool back.
type ToolKind int

// The kinds of tools. What else clients declare is hosted by OpenAI and is counted in Tools.Dropped.
const (
	// FunctionTool is called with JSON: a function_call item.
	FunctionTool ToolKind = iota
	// CustomTool is called with free text: a custom_tool_call item.
	CustomTool
	// SearchTool is the client's own search for further tools: a tool_search_call item.
	SearchTool
)

// Tools are all tools of a request, from wherever in it: the top level, additional_tools items and results of tool searches. The
// same tool from several sources is kept once; the top level comes first, then the order of the input.
type Tools struct {
	List    []Tool
	Search  *WebSearch // the provider's own web search; nil where the client does not want it
	Dropped []string   // types of other hosted tools, which are left out

	bySource   [2][]Tool
	byWireName map[string]int
	byIdentity map[identity]int
}

// source is where in a request tools stand.
type source int

const (
	topLevel source = iota
	fromInput
)

type identity struct{ namespace, name string }

// defaultNamespace is where Codex puts plain tools when all its tools are in namespaces. Its tools keep their own names.
const defaultNamespace = "functions"

// SearchToolName is the wire name of the client's tool search.
const SearchToolName = "tool_search"

// collect adds the tools of a list. It returns the index of the first element that is no object, negative where all are.
func (t *Tools) collect(c *jsonscan.Cursor, from source) (bad int) {
	bad = -1
	for i := range c.Elements() {
		if c.Kind() != jsonscan.Object && bad < 0 {
			bad = i
		}
		t.read(c, "", from)
	}
	return bad
}

// read takes one tool, or a namespace of tools.
func (t *Tools) read(c *jsonscan.Cursor, namespace string, from source) {
	var typ, execution string
	var nested []byte
	var search WebSearch
	tool := Tool{Namespace: namespace}
	for key := range c.Members() {
		switch key {
		case "type":
			typ = c.Text()
		case "name":
			tool.Name = c.Text()
		case "description":
			tool.Description = c.RawString()
		case "parameters":
			tool.Parameters = present(c.Raw())
		case "strict":
			tool.Strict = present(c.Raw())
		case "execution":
			execution = c.Text()
		case "format":
			tool.Syntax, tool.Grammar = readGrammar(c)
		case "tools":
			nested = c.Raw()
		case "function":
			t.readChatForm(c, &tool)
		default:
			search.member(key, c)
		}
	}
	switch typ {
	case "namespace":
		inner := tool.Name
		if namespace != "" {
			inner = namespace + joint + tool.Name
		}
		members := jsonscan.New(nested)
		for range members.Elements() {
			t.read(members, inner, from)
		}
		return
	case "function":
		tool.Kind = FunctionTool
	case "custom":
		tool.Kind = CustomTool
	case "tool_search":
		if execution != "client" { // OpenAI's servers search; what they would find is declared anyway
			t.Dropped = append(t.Dropped, typ)
			return
		}
		tool.Kind, tool.Namespace, tool.Name = SearchTool, "", SearchToolName
	default:
		if isWebSearch(typ) && !search.Cached {
			t.Search = &search
		} else {
			t.Dropped = append(t.Dropped, typ)
		}
		return
	}
	if tool.Name != "" {
		t.bySource[from] = append(t.bySource[from], tool)
	}
}

// readChatForm takes a function in the form of Chat Completions, which some clients send.
func (t *Tools) readChatForm(c *jsonscan.Cursor, tool *Tool) {
	for key := range c.Members() {
		switch key {
		case "name":
			tool.Name = c.Text()
		case "description":
			tool.Description = c.RawString()
		case "parameters":
			tool.Parameters = present(c.Raw())
		case "strict":
			tool.Strict = present(c.Raw())
		}
	}
}

func readGrammar(c *jsonscan.Cursor) (syntax, grammar []byte) {
	for key := range c.Members() {
		switch key {
		case "syntax":
			syntax = c.RawString()
		case "definition":
			grammar = c.RawString()
		case "grammar":
			syntax, grammar = readGrammar(c)
		}
	}
	return syntax, grammar
}

// merge puts the tools of all sources together. At the top level the first definition of a tool counts, in the input the last, and
// the top level before the input.
func (t *Tools) merge() {
	t.byIdentity = make(map[identity]int)
	for from, tools := range t.bySource {
		first := len(t.List)
		for _, tool := range tools {
			id := identity{tool.Namespace, tool.Name}
			i, known := t.byIdentity[id]
			switch {
			case !known:
				t.byIdentity[id] = len(t.List)
				t.List = append(t.List, tool)
			case source(from) == fromInput && i >= first:
				t.List[i] = tool
			}
		}
	}
}

// name gives every tool its wire name. A tool in a namespace makes way for one that has the same name without, whatever their order.
func (t *Tools) name() {
	t.byWireName = make(map[string]int, len(t.List))
	for _, of := range [...]func(namespace string) bool{isBare, isDefault, isOther} {
		for i := range t.List {
			tool := &t.List[i]
			if !of(tool.Namespace) {
				continue
			}
			tool.WireName = WireName(tool.Namespace, tool.Name)
			for salted := tool.Name; t.declared(tool.WireName); salted += "\x00" {
				tool.WireName = hashedName(tool.Namespace, salted)
			}
			t.byWireName[tool.WireName] = i
		}
	}
}

func isBare(namespace string) bool    { return namespace == "" }
func isDefault(namespace string) bool { return namespace == defaultNamespace }
func isOther(namespace string) bool   { return !isBare(namespace) && !isDefault(namespace) }

// Called returns the tool that an upstream names.
func (t *Tools) Called(wireName string) (*Tool, bool) {
	i, ok := t.byWireName[wireName]
	if !ok {
		return nil, false
	}
	return &t.List[i], true
}

// wireNameOf returns the wire name of a tool by the client's names for it, also when it is not declared any more.
func (t *Tools) wireNameOf(namespace, name string) string {
	for _, ns := range [...]string{namespace, defaultNamespace} {
		if i, ok := t.byIdentity[identity{ns, name}]; ok {
			return t.List[i].WireName
		}
		if namespace != "" {
			break
		}
	}
	return WireName(namespace, name)
}

// maxName is the longest name that every provider takes.
const maxName = 64

// joint stands between namespace and name.
const joint = "__"

// WireName is namespace and name in one, of at most 64 letters, digits, underscores and hyphens. It depends on nothing else, so that
// it is the same in every turn. Where characters had to go, or the joined name could be that of another pair, a hash keeps different
// names different.
func WireName(namespace, name string) string {
	plain := name
	if isOther(namespace) {
		plain = namespace + joint + name
		if strings.LastIndex(plain, joint) != len(namespace) || strings.HasSuffix(namespace, "_") {
			return hashedName(namespace, name)
		}
	}
	if len(plain) <= maxName && legalName(plain) {
		return plain
	}
	return hashedName(namespace, name)
}

func legalName(name string) bool {
	for i := range len(name) {
		if b := name[i]; !isLetter(b) && b != '_' && (i == 0 || b != '-' && !(b >= '0' && b <= '9')) {
			return false
		}
	}
	return name != ""
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

// hashedName keeps what is legal of the name, shortened, and adds eight digits that stand for all of it.
func hashedName(namespace, name string) string {
	sum := sha256.Sum256([]byte(namespace + "\x00" + name))
	plain := name
	if namespace != "" {
		plain = namespace + joint + name
	}
	kept := strings.Map(func(r rune) rune {
		if r < 0x80 && (isLetter(byte(r)) || r == '_' || r == '-' || r >= '0' && r <= '9') {
			return r
		}
		return '_'
	}, plain)
	if kept == "" || !isLetter(kept[0]) && kept[0] != '_' {
		kept = "_" + kept
	}
	return kept[:min(len(kept), maxName-9)] + "_" + hex.EncodeToString(sum[:4])
}

// found tells the model which tools a search has loaded: they are callable under these names from now on.
func (t *Tools) found(raw []byte) []Part {
	var found Tools
	found.collect(jsonscan.New(raw), fromInput)
	found.merge()
	if len(found.List) == 0 {
		return []Part{{Text: []byte("No tools found.")}}
	}
	text := []byte("Tools loaded:")
	for _, tool := range found.List {
		text = append(text, `\n- `...)
		text = append(text, t.wireNameOf(tool.Namespace, tool.Name)...)
	}
	return []Part{{Text: text}}
}
