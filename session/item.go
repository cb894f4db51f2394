package session

import (
	"context"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// ItemsByID returns stored items of any response or conversation by their ids, raw. One that is not there is not in the map.
func (s *Sessions) ItemsByID(ctx context.Context, owner string, ids []string) (map[string][]byte, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, at := make(map[string]bool, len(ids)), make([]string, len(ids))
	for i, id := range ids {
		wanted[id], at[i] = true, itemKey(id)
	}
	places, err := s.store.Read(ctx, owner, at...)
	if err != nil {
		return nil, err
	}
	var keys []string // of the records that hold them
	for _, place := range places {
		if place.Value != nil {
			keys = append(keys, string(place.Value))
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys) // many items are of one response
	items := make(map[string][]byte, len(ids))
	if len(keys) == 0 {
		return items, nil
	}
	holders, err := s.store.Read(ctx, owner, keys...)
	if err != nil {
		return nil, err
	}
	for _, holder := range holders {
		if err := s.collect(items, owner, holder, wanted); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// collect adds the wanted items of a record: a response with many, or an entry of a conversation.
func (s *Sessions) collect(items map[string][]byte, owner string, holder Record, wanted map[string]bool) error {
	switch {
	case holder.Value == nil:
	case strings.HasPrefix(holder.Key, "response/"):
		r, err := s.decodeResponse(owner, holder)
		if err != nil {
			return err
		}
		gjson.GetBytes(r.Object, "output").ForEach(func(_, item gjson.Result) bool {
			if id := item.Get("id").String(); id != "" && wanted[id] {
				items[id] = []byte(item.Raw)
			}
			return true
		})
	default:
		item, err := s.entry(owner, holder)
		if err != nil {
			return err
		}
		items[item.ID] = item.Raw
	}
	return nil
}
