package session

import (
	"bytes"
	"context"
	"fmt"
	"slices"
)

// Chain is a response with all that it goes on from.
type Chain struct {
	Responses []*Response // the oldest first
}

// responses of a chain that may be nil.
func (c *Chain) responses() []*Response {
	if c == nil {
		return nil
	}
	return c.Responses
}

// Last is the response that the chain ends with.
func (c *Chain) Last() *Response { return c.Responses[len(c.Responses)-1] }

// Parts are the inputs and outputs of the chain, raw, in their order: each a text or a list of items.
func (c *Chain) Parts() [][]byte {
	parts := make([][]byte, 0, 2*len(c.responses()))
	for _, r := range c.responses() {
		parts = append(parts, r.Input, r.Output())
	}
	return parts
}

// Referring are the inputs of the chain that refer to stored items.
func (c *Chain) Referring() [][]byte {
	var inputs [][]byte
	for _, r := range c.responses() {
		if r.Refers {
			inputs = append(inputs, r.Input)
		}
	}
	return inputs
}

// Tools are those of the last response that has any, raw; nil for none.
func (c *Chain) Tools() []byte {
	tools, _ := c.tools()
	return tools
}

// tools also returns the id of the response that holds them.
func (c *Chain) tools() ([]byte, string) {
	for _, r := range slices.Backward(c.responses()) {
		if r.Tools != nil {
			return r.Tools, r.ID
		}
	}
	return nil, ""
}

// follow makes a response the next of a chain.
func (r *Response) follow(before *Chain) {
	responses := before.responses()
	if len(responses) == 0 {
		return
	}
	last := responses[len(responses)-1]
	r.Previous, r.depth = last.ID, last.depth+1
	r.ancestors = append(slices.Clone(last.ancestors), last.ID)
	if last.depth%stride == 0 {
		r.ancestors = []string{last.ID}
	}
	if tools, holder := before.tools(); r.Tools != nil && bytes.Equal(tools, r.Tools) {
		r.Tools, r.toolsOf = nil, holder
	}
}

// Chain returns a response with all that it goes on from. ErrNotFound also says that one of those is gone.
func (s *Sessions) Chain(ctx context.Context, owner, id string) (*Chain, error) {
	last, err := s.Response(ctx, owner, id)
	if err != nil {
		return nil, err
	}
	chain := &Chain{Responses: []*Response{last}}
	for len(last.ancestors) > 0 { // the first may go on from what was never stored, which it holds itself
		earlier, err := s.earlier(ctx, owner, last.ancestors)
		if err != nil {
			return nil, err
		}
		if earlier[0].depth >= last.depth { // a service gave two responses the same id
			return nil, fmt.Errorf("%s goes on from itself: %w", id, ErrNotFound)
		}
		chain.Responses = slices.Concat(earlier, chain.Responses)
		last = earlier[0]
	}
	return chain, nil
}

// earlier reads responses that others go on from.
func (s *Sessions) earlier(ctx context.Context, owner string, ids []string) ([]*Response, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = responseKey(id)
	}
	records, err := s.store.Read(ctx, owner, keys...)
	if err != nil {
		return nil, err
	}
	responses := make([]*Response, len(ids))
	for i, record := range records {
		if record.Value == nil {
			return nil, fmt.Errorf("%s, which it goes on from: %w", ids[i], ErrNotFound)
		}
		if responses[i], err = s.decodeResponse(owner, record); err != nil {
			return nil, err
		}
	}
	return responses, nil
}

// Whole returns a response with its tools, which another may hold for it.
func (s *Sessions) Whole(ctx context.Context, owner, id string) (*Response, error) {
	r, err := s.Response(ctx, owner, id)
	if err != nil || r.toolsOf == "" {
		return r, err
	}
	holder, err := s.Response(ctx, owner, r.toolsOf)
	if err == nil {
		r.Tools = holder.Tools
	}
	return r, nil // without its tools it is still worth having
}
