package redis

import (
	"context"
	"strconv"
	"sync"
	"time"
	"unsafe"

	goredis "github.com/redis/go-redis/v9"

	"github.com/caddy-codex/responses/session"
)

// Of an owner there are, under the prefix and the owner in braces, by which a cluster keeps them together:
//
//	:r:<key>  a record: 13 digits of the time when it expires, in milliseconds, then the value
//	:index    its keys, sorted
//	:expiries its keys, by the time when the record expires
//	:sizes    the bytes of each record, and of all under *

// handle is one user's access to a store.
type handle struct {
	*client
	now   func() time.Time
	close func() error
}

func newHandle(c *client, now func() time.Time, release func() error) *handle {
	return &handle{client: c, now: now, close: sync.OnceValue(release)}
}

// Read implements session.Store.
func (h *handle) Read(ctx context.Context, owner string, keys ...string) ([]session.Record, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	args := make([]any, 1, len(keys)+1)
	args[0] = "mget"
	records := h.base(owner) + ":r:"
	for _, key := range keys {
		args = append(args, records+key)
	}
	values, err := h.strings(ctx, func(ctx context.Context) *goredis.StringSliceCmd { return goredis.NewStringSliceCmd(ctx, args...) })
	if err != nil {
		return nil, h.failure("reading", err)
	}
	found := make([]session.Record, len(keys))
	now := h.now()
	for i, value := range values {
		record, err := parse(value)
		switch {
		case err != nil:
			return nil, h.failure("reading", err)
		case record.Expires.After(now):
			found[i] = record
		}
		found[i].Key = keys[i]
	}
	return found, nil
}

// List implements session.Store.
func (h *handle) List(ctx context.Context, owner string, q session.Query) ([]session.Record, error) {
	base := h.base(owner)
	command, from, to := bounds(q)
	keys := []string{base + ":index"}
	values, err := h.list(ctx, keys, milliseconds(h.now()), base+":r:", command, from, to, q.Limit)
	if err != nil {
		return nil, h.failure("listing", err)
	}
	found := make([]session.Record, 0, len(values)/2)
	for i := 0; i+1 < len(values); i += 2 {
		record, err := parse(values[i+1])
		if err != nil {
			return nil, h.failure("listing", err)
		}
		record.Key = values[i]
		found = append(found, record)
	}
	return found, nil
}

// bounds is the range of a query in the index, and the command that reads it. Bytes behind those of keys end the prefix.
func bounds(q session.Query) (command, from, to string) {
	first, last := "["+q.Prefix, "("+q.Prefix+"\xff"
	if !q.Descending {
		if q.After >= q.Prefix && q.After != "" {
			first = "(" + q.After
		}
		return "ZRANGEBYLEX", first, last
	}
	if q.After != "" && q.After < q.Prefix+"\xff" {
		last = "(" + q.After
	}
	return "ZREVRANGEBYLEX", last, first
}

// Write implements session.Store.
func (h *handle) Write(ctx context.Context, owner string, b session.Batch) error {
	base := h.base(owner)
	records := base + ":r:"
	keys := append(make([]string, 0, 3+len(b.Changes)), base+":index", base+":expiries", base+":sizes")
	args := append(make([]any, 0, 5+6*len(b.Changes)), milliseconds(h.now()), b.Limit, "", records, session.Lease)
	if b.Topic != "" {
		args[2] = h.channel(owner, b.Topic)
	}
	for i := range b.Changes {
		change := &b.Changes[i]
		keys = append(keys, records+change.Key)
		args = append(args, change.Key, operation(change.Op), milliseconds(change.Expires), kept(change), condition(change.If), change.Was)
	}
	written, err := h.write(ctx, keys, args)
	switch {
	case err != nil:
		return h.failure("writing", err)
	case !written:
		return session.ErrConflict
	default:
		return nil
	}
}

// Watch implements session.Store. It returns when the server has confirmed that it will tell, or is found not to at the moment.
func (h *handle) Watch(ctx context.Context, owner, topic string) <-chan struct{} {
	return h.feed.watch(ctx, owner, topic)
}

// Shared implements session.Shared.
func (h *handle) Shared() bool { return true }

// Close implements session.Store.
func (h *handle) Close() error { return h.close() }

func operation(op session.Op) string {
	switch op {
	case session.Put:
		return "put"
	case session.Touch:
		return "touch"
	case session.Delete:
		return "delete"
	default:
		return "check"
	}
}

func condition(c session.Condition) string {
	switch c {
	case session.Absent:
		return "absent"
	case session.Present:
		return "present"
	case session.Unchanged:
		return "unchanged"
	default:
		return "always"
	}
}

// stamp is how many digits of a time begin a record.
const stamp = 13

// milliseconds is a time as it is kept. Times with another number of digits are so long ago or so far away that it does not matter.
func milliseconds(t time.Time) string {
	return strconv.FormatInt(min(max(t.UnixMilli(), 1_000_000_000_000), 9_999_999_999_999), 10)
}

// kept is what is stored of a record that is put.
func kept(change *session.Change) []byte {
	if change.Op != session.Put {
		return nil
	}
	return append(append(make([]byte, 0, stamp+len(change.Value)), milliseconds(change.Expires)...), change.Value...)
}

// parse reads a record without its key; it has no value where there is none.
func parse(text string) (session.Record, error) {
	if text == "" {
		return session.Record{}, nil
	}
	if len(text) < stamp {
		return session.Record{}, errForeign
	}
	expires, err := strconv.ParseInt(text[:stamp], 10, 64)
	if err != nil {
		return session.Record{}, errForeign
	}
	// The text has just been read from the connection and has no other user: large values need not be copied.
	bytes := unsafe.Slice(unsafe.StringData(text), len(text))
	return session.Record{Value: bytes[stamp:], Expires: time.UnixMilli(expires)}, nil
}
