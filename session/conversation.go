package session

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
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

func conversationKey(id string) string { return "conversation/" + keyID(id) }
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
	keys, err := s.belongings(ctx, owner, c.ID)
	if err != nil {
		return err
	}
	expires := s.expiry()
	changes := []Change{{Key: conversationKey(c.ID), Op: Touch, Expires: expires}}
	for _, key := range keys {
		changes = append(changes, Change{Key: key, Op: Touch, Expires: expires})
	}
	if err := s.write(ctx, owner, "", changes...); err != nil {
		return err
	}
	c.expires = expires
	return nil
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

// maxRaces bounds how often an addition to a conversation begins anew because somebody else was faster.
const maxRaces = 20

// Extend adds items to a conversation. edit, which may be nil, can change it before. An item that is there already is not added again.
// ErrNotFound where the conversation is not there.
func (s *Sessions) Extend(ctx context.Context, owner, id string, items []Item, edit func(*Conversation)) (*Conversation, error) {
	return s.extendWith(ctx, owner, id, items, edit, Batch{Topic: id})
}

// extendWith makes the changes of a batch in the same step.
func (s *Sessions) extendWith(ctx context.Context, owner, id string, items []Item, edit func(*Conversation), with Batch) (*Conversation, error) {
	release, err := s.turns.take(ctx, place(owner, id))
	if err != nil {
		return nil, err
	}
	defer release()
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
	release, err := s.turns.take(ctx, place(owner, id))
	if err != nil {
		return err
	}
	defer release()
	for range maxRaces {
		record, err := s.read(ctx, owner, conversationKey(id))
		if err != nil {
			return err
		}
		keys, err := s.belongings(ctx, owner, id)
		if err != nil {
			return err
		}
		// What is added meanwhile must go as well.
		changes := []Change{{Key: record.Key, Op: Delete, If: Unchanged, Was: record.Value}}
		for _, key := range keys {
			changes = append(changes, Change{Key: key, Op: Delete})
		}
		if err = s.write(ctx, owner, id, changes...); !errors.Is(err, ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("conversation %s changes all the time: %w", id, ErrConflict)
}
