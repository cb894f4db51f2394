package session

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tidwall/gjson"
)

// Conversation is a list of items that outlives responses and that they can be added to.
type Conversation struct {
	ID       string
	Created  int64  // seconds since 1970
	Metadata []byte // raw object
	Tools    []byte // raw: those of the last response in it that had any; nil for none

	next   int64  // position of the next item
	sealed []byte // as it is stored
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
func indexKey(id, item string) string { return "index/" + keyID(id) + "/" + keyID(item) }

func (c *Conversation) encode() []byte {
	return appendFields(nil, []byte(c.ID), encodeInt(c.Created), c.Metadata, c.Tools, encodeInt(c.next))
}

// Conversation returns a conversation without its items.
func (s *Sessions) Conversation(ctx context.Context, owner, id string) (*Conversation, error) {
	record, err := s.read(ctx, owner, conversationKey(id))
	if err != nil {
		return nil, err
	}
	plain, err := s.open(owner, record)
	if err != nil {
		return nil, err
	}
	f := fieldReader{rest: plain}
	c := &Conversation{ID: f.text(), Created: f.int(), Metadata: f.next(), Tools: f.next(), next: f.int(), sealed: record.Value}
	if f.broken {
		return nil, fmt.Errorf("reading %s: %w", record.Key, ErrUnreadable)
	}
	return c, nil
}

// KeepConversation stores a new conversation with its first items, or one whose metadata has changed.
func (s *Sessions) KeepConversation(ctx context.Context, owner string, c *Conversation, items []Item) error {
	changes := s.extend(owner, c, items)
	if c.sealed == nil {
		changes[0].If = Absent
	}
	return s.write(ctx, owner, c.ID, changes...)
}

// extend are the changes that add items to a conversation as it was read. The first is that of the conversation itself.
func (s *Sessions) extend(owner string, c *Conversation, items []Item) []Change {
	grown := *c
	grown.next += int64(len(items))
	change := s.put(owner, conversationKey(c.ID), grown.encode())
	change.If, change.Was = Unchanged, c.sealed
	changes := []Change{change}
	for i, item := range items {
		key := entryKey(c.ID, c.next+int64(i))
		changes = append(changes, s.put(owner, key, item.Raw), s.refer(indexKey(c.ID, item.ID), key), s.refer(itemKey(item.ID), key))
	}
	return changes
}

// maxRaces bounds how often an addition to a conversation begins anew because somebody else was faster.
const maxRaces = 20

// Extend adds items to a conversation, with more changes in the same step. edit, which may be nil, can change it before. ErrNotFound where
// the conversation is not there.
func (s *Sessions) Extend(ctx context.Context, owner, id string, items []Item, edit func(*Conversation), more ...Change) error {
	for range maxRaces {
		c, err := s.Conversation(ctx, owner, id)
		if err != nil {
			return err
		}
		if edit != nil {
			edit(c)
		}
		err = s.write(ctx, owner, id, append(s.extend(owner, c, items), more...)...)
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("too many at once add to conversation %s: %w", id, ErrConflict)
}

// take makes the tools of a response those of its conversation.
func (c *Conversation) take(tools []byte) {
	if tools != nil {
		c.Tools = tools
	}
}

// DeleteConversation removes a conversation and its items.
func (s *Sessions) DeleteConversation(ctx context.Context, owner, id string) error {
	changes := []Change{{Key: conversationKey(id), Op: Delete, If: Present}}
	for _, prefix := range [...]string{entryPrefix(id), "index/" + keyID(id) + "/"} {
		records, err := s.store.List(ctx, owner, Query{Prefix: prefix})
		if err != nil {
			return err
		}
		for _, record := range records {
			changes = append(changes, Change{Key: record.Key, Op: Delete})
		}
	}
	return s.gone(s.write(ctx, owner, id, changes...))
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
	return items, s.refresh(ctx, owner, id, records)
}

// refresh keeps a conversation that is read for longer.
func (s *Sessions) refresh(ctx context.Context, owner, id string, records []Record) error {
	var changes []Change
	for _, record := range records {
		if s.stale(record.Expires) {
			plain, err := s.entry(owner, record)
			if err != nil {
				return err
			}
			for _, key := range [...]string{record.Key, indexKey(id, plain.ID), itemKey(plain.ID)} {
				changes = append(changes, Change{Key: key, Op: Touch, Expires: s.expiry()})
			}
		}
	}
	if len(changes) == 0 {
		return nil
	}
	changes = append(changes, Change{Key: conversationKey(id), Op: Touch, Expires: s.expiry()})
	return s.write(ctx, owner, "", changes...)
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

// itemOf finds an item in the record that holds it: a response with many, or an entry of a conversation.
func (s *Sessions) itemOf(owner string, record Record, id string) ([]byte, error) {
	if strings.HasPrefix(record.Key, "response/") {
		r, err := s.decodeResponse(owner, record)
		if err != nil {
			return nil, err
		}
		for _, item := range gjson.GetBytes(r.Object, "output").Array() {
			if item.Get("id").String() == id {
				return []byte(item.Raw), nil
			}
		}
		return nil, ErrNotFound
	}
	item, err := s.entry(owner, record)
	return item.Raw, err
}
