package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tidwall/gjson"
)

// Conversation is a list of items that outlives responses and that they can be added to.
type Conversation struct {
	ID       string
	Created  int64  // seconds since 1970
	Metadata []byte // raw object
	Tools    []byte // raw: those of the last response in it that had any; nil for none

	next    int64     // position of the next item
	expires time.Time // no later than any of its items, so that it goes as a whole
	sealed  []byte    // as it is stored
}

// Item is an item of a conversation.
type Item struct {
	ID  string
	Raw []byte // JSON object with that id
}

func conversationKey(id string) string { return "conversation/" + keyID(id) }
func entryPrefix(id string) string     { return "entry/" + keyID(id) + "/" }
func entryKey(id string, position int64) string {
	return fmt.Sprintf("%s%012d", entryPrefix(id), position)
}
func indexPrefix(id string) string    { return "index/" + keyID(id) + "/" }
func indexKey(id, item string) string { return indexPrefix(id) + keyID(item) }

func (c *Conversation) encode() []byte {
	return appendFields(nil, []byte(c.ID), encodeInt(c.Created), c.Metadata, c.Tools, encodeInt(c.next))
}

// Conversation returns a conversation without its items. It is kept for longer then, and they are.
func (s *Sessions) Conversation(ctx context.Context, owner, id string) (*Conversation, error) {
	record, err := s.read(ctx, owner, conversationKey(id))
	if err != nil {
		return nil, err
	}
	c, err := s.decodeConversation(owner, record)
	if err != nil || !s.stale(c.expires) {
		return c, err
	}
	return c, s.refresh(ctx, owner, c)
}

func (s *Sessions) decodeConversation(owner string, record Record) (*Conversation, error) {
	plain, err := s.open(owner, record)
	if err != nil {
		return nil, err
	}
	f := fieldReader{rest: plain}
	c := &Conversation{ID: f.text(), Created: f.int(), Metadata: f.next(), Tools: f.next(), next: f.int()}
	c.expires, c.sealed = record.Expires, record.Value
	if f.broken {
		return nil, fmt.Errorf("reading %s: %w", record.Key, ErrUnreadable)
	}
	return c, nil
}

// refresh keeps a conversation for longer, with all its items: half of one is worse than none.
func (s *Sessions) refresh(ctx context.Context, owner string, c *Conversation) error {
	entries, index, err := s.belongings(ctx, owner, c.ID)
	if err != nil {
		return err
	}
	expires := s.expiry()
	changes := []Change{{Key: conversationKey(c.ID), Op: Touch, Expires: expires}}
	for _, record := range slices.Concat(entries, index) {
		changes = append(changes, Change{Key: record.Key, Op: Touch, Expires: expires})
	}
	for _, record := range index {
		changes = append(changes, Change{Key: "item/" + record.Key[len(indexPrefix(c.ID)):], Op: Touch, Expires: expires})
	}
	if err := s.write(ctx, owner, "", changes...); err != nil {
		return err
	}
	c.expires = expires
	return nil
}

// belongings are the records of a conversation's items.
func (s *Sessions) belongings(ctx context.Context, owner, id string) (entries, index []Record, err error) {
	if entries, err = s.store.List(ctx, owner, Query{Prefix: entryPrefix(id)}); err != nil {
		return nil, nil, err
	}
	index, err = s.store.List(ctx, owner, Query{Prefix: indexPrefix(id)})
	return entries, index, err
}

// KeepConversation stores a new conversation with its first items.
func (s *Sessions) KeepConversation(ctx context.Context, owner string, c *Conversation, items []Item) error {
	c.expires = s.expiry()
	changes := s.extend(owner, c, items)
	changes[0].If = Absent
	return s.write(ctx, owner, c.ID, changes...)
}

// extend are the changes that add items to a conversation as it was read. The first is that of the conversation itself.
func (s *Sessions) extend(owner string, c *Conversation, items []Item) []Change {
	grown := *c
	grown.next += int64(len(items))
	change := s.put(owner, conversationKey(c.ID), grown.encode())
	change.If, change.Was, change.Expires = Unchanged, c.sealed, c.expires
	changes := []Change{change}
	for i, item := range items {
		key := entryKey(c.ID, c.next+int64(i))
		changes = append(changes, s.put(owner, key, item.Raw), s.refer(indexKey(c.ID, item.ID), key), s.refer(itemKey(item.ID), key))
	}
	return changes
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

// maxRaces bounds how often an addition to a conversation begins anew because somebody else was faster.
const maxRaces = 20

// Extend adds items to a conversation. edit, which may be nil, can change it before. An item that is there already is not added again.
// ErrNotFound where the conversation is not there.
func (s *Sessions) Extend(ctx context.Context, owner, id string, items []Item, edit func(*Conversation)) (*Conversation, error) {
	return s.extendWith(ctx, owner, id, items, edit, Batch{Topic: id})
}

// extendWith makes the changes of a batch in the same step.
func (s *Sessions) extendWith(ctx context.Context, owner, id string, items []Item, edit func(*Conversation), with Batch) (*Conversation, error) {
	for range maxRaces {
		c, err := s.Conversation(ctx, owner, id)
		if err != nil {
			return nil, err
		}
		fresh, err := s.fresh(ctx, owner, id, items)
		if err != nil {
			return nil, err
		}
		if edit != nil {
			edit(c)
		}
		changes := slices.Concat(with.Changes, s.extend(owner, c, fresh)) // an item is rather the conversation's than the response's
		if err = s.write(ctx, owner, with.Topic, changes...); !errors.Is(err, ErrConflict) {
			return c, err
		}
	}
	return nil, fmt.Errorf("too many at once add to conversation %s: %w", id, ErrConflict)
}

// take makes the tools of a response those of its conversation.
func (c *Conversation) take(tools []byte) {
	if tools != nil {
		c.Tools = tools
	}
}

// DeleteConversation removes a conversation and its items.
func (s *Sessions) DeleteConversation(ctx context.Context, owner, id string) error {
	for range maxRaces {
		record, err := s.read(ctx, owner, conversationKey(id))
		if err != nil {
			return err
		}
		entries, index, err := s.belongings(ctx, owner, id)
		if err != nil {
			return err
		}
		// What is added meanwhile must go as well.
		changes := []Change{{Key: record.Key, Op: Delete, If: Unchanged, Was: record.Value}}
		for _, belonging := range slices.Concat(entries, index) {
			changes = append(changes, Change{Key: belonging.Key, Op: Delete})
		}
		if err = s.write(ctx, owner, id, changes...); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("conversation %s changes all the time: %w", id, ErrConflict)
}

// gone says that what was to be there is not.
func (s *Sessions) gone(err error) error {
	if errors.Is(err, ErrConflict) {
		return ErrNotFound
	}
	return err
}

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
	return s.gone(s.write(
		ctx, owner, id, Change{Key: string(at.Value), Op: Delete, If: Present},
		Change{Key: indexKey(id, item), Op: Delete}, Change{Key: itemKey(item), Op: Delete},
	))
}
