package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// An item of a conversation is an entry, with its position in the key so that a list has them in their order; the index tells the entry of
// an id.

// Item is an item of a conversation.
type Item struct {
	ID  string
	Raw []byte // JSON object with that id
}

func entryPrefix(id string) string { return "entry/" + keyID(id) + "/" }
func entryKey(id string, position int64) string {
	return fmt.Sprintf("%s%012d", entryPrefix(id), position)
}
func indexPrefix(id string) string    { return "index/" + keyID(id) + "/" }
func indexKey(id, item string) string { return indexPrefix(id) + keyID(item) }

// Page says which items of a list are wanted.
type Page struct {
	After      string // id of the item before the first; empty for the beginning
	Limit      int    // 0 for all
	Descending bool   // the newest first
}

// Items returns items of a conversation. ErrNotFound where the one that they are to follow is not there.
func (s *Sessions) Items(ctx context.Context, owner, id string, p Page) ([]Item, error) {
	query := Query{Prefix: entryPrefix(id), Limit: p.Limit, Descending: p.Descending}
	if p.After != "" {
		at, err := s.read(ctx, owner, indexKey(id, p.After))
		if err != nil {
			return nil, err
		}
		query.After = string(at.Value)
	}
	records, err := s.store.List(ctx, owner, query)
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(records))
	for i, record := range records {
		if items[i], err = s.entry(owner, record); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (s *Sessions) entry(owner string, record Record) (Item, error) {
	plain, err := s.open(owner, record)
	if err != nil {
		return Item{}, err
	}
	return Item{ID: gjson.GetBytes(plain, "id").String(), Raw: plain}, nil
}

// ConversationItem returns one item of a conversation.
func (s *Sessions) ConversationItem(ctx context.Context, owner, id, item string) (Item, error) {
	at, err := s.read(ctx, owner, indexKey(id, item))
	if err != nil {
		return Item{}, err
	}
	record, err := s.read(ctx, owner, string(at.Value))
	if err != nil {
		return Item{}, err
	}
	return s.entry(owner, record)
}

// DeleteItem removes one item of a conversation.
func (s *Sessions) DeleteItem(ctx context.Context, owner, id, item string) error {
	at, err := s.read(ctx, owner, indexKey(id, item))
	if err != nil {
		return err
	}
	err = s.write(
		ctx, owner, id, Change{Key: string(at.Value), Op: Delete, If: Present},
		Change{Key: indexKey(id, item), Op: Delete}, Change{Key: itemKey(item), Op: Delete},
	)
	if errors.Is(err, ErrConflict) {
		return ErrNotFound
	}
	return err
}

// present tells which of some items are in a conversation already.
func (s *Sessions) present(ctx context.Context, owner, id string, items []Item) ([]bool, error) {
	present := make([]bool, len(items))
	if len(items) == 0 {
		return present, nil
	}
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = indexKey(id, item.ID)
	}
	records, err := s.store.Read(ctx, owner, keys...)
	for i, record := range records {
		present[i] = record.Value != nil
	}
	return present, err
}

// Taken is the id of one of some items that is in a conversation already; empty where none is.
func (s *Sessions) Taken(ctx context.Context, owner, id string, items []Item) (string, error) {
	present, err := s.present(ctx, owner, id, items)
	if i := slices.Index(present, true); i >= 0 {
		return items[i].ID, err
	}
	return "", err
}

// fresh are the items that are not in a conversation yet: whoever sends one again means the one that is there.
func (s *Sessions) fresh(ctx context.Context, owner, id string, items []Item) ([]Item, error) {
	present, err := s.present(ctx, owner, id, items)
	seen := make(map[string]bool, len(items))
	var fresh []Item
	for i, item := range items {
		if !present[i] && !seen[item.ID] {
			fresh = append(fresh, item)
		}
		seen[item.ID] = true
	}
	return fresh, err
}

// belongings are the keys of all records of a conversation's items.
func (s *Sessions) belongings(ctx context.Context, owner, id string) (keys []string, err error) {
	entries, err := s.store.List(ctx, owner, Query{Prefix: entryPrefix(id)})
	if err != nil {
		return nil, err
	}
	index, err := s.store.List(ctx, owner, Query{Prefix: indexPrefix(id)})
	for _, record := range slices.Concat(entries, index) {
		keys = append(keys, record.Key)
		if item, ok := strings.CutPrefix(record.Key, indexPrefix(id)); ok {
			keys = append(keys, itemPrefix+item)
		}
	}
	return keys, err
}
