package responses

import (
	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// ending is what a response object says of the reply as a whole.
type ending struct {
	response bool // it is a response object
	status   string
	reason   string // of one that is incomplete
	output   []byte // raw: the items; empty where there are none
	usage    translate.Usage
	failed   bool   // it has an error
	tier     []byte // escaped: the tier of service that it got
	object   []byte // raw: the response
}

// readEnding reads the response of an event.
func readEnding(event []byte) ending {
	var e ending
	c := jsonscan.New(event)
	for key := range c.Members() {
		if key == "response" {
			e = readObject(c.Raw())
		}
	}
	return e
}

// readObject reads a response object.
func readObject(object []byte) ending {
	e := ending{object: object}
	c := jsonscan.New(object)
	for key := range c.Members() {
		switch key {
		case "object":
			e.response = c.Text() == "response" || e.response
		case "status":
			e.status = c.Text()
		case "incomplete_details":
			for inner := range c.Members() {
				if inner == "reason" {
					e.reason = c.Text()
				}
			}
		case "output":
			e.response = e.response || c.Kind() == jsonscan.Array
			if raw := c.Raw(); !isEmptyList(raw) {
				e.output = raw
			}
		case "service_tier":
			e.tier = c.RawString()
		case "usage":
			e.usage, _ = translate.ReadUsage(c.Raw())
		case "error":
			e.failed = c.Kind() != jsonscan.Null
		}
	}
	return e
}

func isEmptyList(raw []byte) bool {
	c := jsonscan.New(raw)
	for range c.Elements() {
		return false
	}
	return true
}

// silence is the fault of a reply that ends and says nothing: a question that gets no answer has not been answered. After the results
// of calls, on the other hand, a model may have nothing more to say.
func (e *ending) silence(target *translate.Target, out *translate.Stream) *fault.Fault {
	switch {
	case len(e.output) > 0:
		return nil
	case e.reason == "content_filter":
		return target.Fault(fault.Filtered, "withheld its answer: its content filter objects")
	case e.status != "incomplete" && out.Request().AwaitsAnswer():
		return target.Silence()
	default:
		return nil
	}
}

// failure is the fault that an event or a response object tells of.
func failure(target *translate.Target, data []byte, out *translate.Stream) *fault.Fault {
	c := jsonscan.New(data)
	for key := range c.Members() {
		if key == "response" && c.Kind() == jsonscan.Object {
			data = c.Raw()
		}
	}
	if e := readObject(data); e.usage != (translate.Usage{}) {
		out.Usage(e.usage)
	}
	if f, ok := fault.FromBody(target.Provider, data, out.Now()); ok {
		return f
	}
	return target.Fault(fault.Unavailable, "ended its reply as failed, without saying why")
}
