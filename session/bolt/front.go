package bolt

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/terms"
)

// front is what stands before the file. A batch goes to a journal, which is one write of the system, and that is all that its writer waits
// for. Many batches together are put into the file in the background, which costs far less than one by one. Until then they are read from
// memory.
//
// What was acknowledged survives the end of the process at any moment. A failure of power may cost the batches that were not in the file
// yet, which are those of the last quarter of a second.
type front struct {
	*store

	mu       sync.Mutex
	young    *recent     // in the active journal
	moving   *recent     // in the other one, and being put into the file; nil for nothing
	journals [2]*journal // by turns
	active   int
	number   uint64        // of the active journal
	written  uint64        // how many batches there have been
	stored   uint64        // how many of them are in the file
	failed   error         // why the last batches could not be put into the file; nil where they could
	moved    chan struct{} // closed when any of this has changed

	wake  chan struct{} // there is something to put into the file
	hurry chan struct{} // at once
	quit  chan struct{} // closed when nothing more will be written
	done  chan struct{} // closed when the last is in the file
}

const (
	// gather is how long batches come together before they are put into the file.
	gather = 250 * time.Millisecond
	// maxYoung is how many bytes of them there may be. Beyond it writers wait.
	maxYoung = 16 << 20
	// tryAgain is how long after a failure the same batches are tried again.
	tryAgain = time.Second
)

// Write implements session.Store.
func (f *front) Write(ctx context.Context, owner string, b session.Batch) error {
	if owner == "" || strings.Contains(owner, "/") {
		return fmt.Errorf("the owner %q is empty or has a slash", owner)
	}
	if size, most := terms.Size(&b), f.maxSize.Load(); size > most {
		return fmt.Errorf("writing %s at once: %w: max_size of the store is %s", humanize.IBytes(uint64(size)), session.ErrTooLarge, humanize.IBytes(uint64(most)))
	}
	if err := f.record(ctx, owner, &b); err != nil {
		return err
	}
	if b.Topic != "" {
		f.hub.Notify(owner, b.Topic)
	}
	return nil
}

// record puts a batch into the journal.
func (f *front) record(ctx context.Context, owner string, b *session.Batch) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.await(ctx, func() bool { return f.young.size <= maxYoung }); err != nil {
		return err
	}
	for i := range b.Changes {
		if err := f.check(ctx, owner, &b.Changes[i]); err != nil {
			return err
		}
	}
	if err := f.journals[f.active].append(owner, b); err != nil {
		return f.explain("writing to", err)
	}
	f.young.add(owned{owner, unconditional(b)}, instantOf(f.now()))
	f.written++
	nudge(f.wake)
	return nil
}

// await waits until something holds. It gives up where the file cannot be written to. The caller has the lock.
func (f *front) await(ctx context.Context, holds func() bool) error {
	for {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case f.failed != nil:
			return f.failed
		case f.young == nil:
			return fmt.Errorf("writing to %s: the store has been closed", f.path)
		case holds():
			return nil
		}
		moved := f.moved
		f.mu.Unlock()
		nudge(f.hurry)
		select {
		case <-moved:
		case <-ctx.Done():
		}
		f.mu.Lock()
	}
}

// unconditional is a batch as it is put into the file, with values of its own. Those who watch have been told already.
func unconditional(b *session.Batch) *session.Batch {
	changes := slices.Clone(b.Changes)
	for i := range changes {
		changes[i].If, changes[i].Was, changes[i].Value = session.Always, nil, bytes.Clone(changes[i].Value)
	}
	return &session.Batch{Changes: changes, Limit: b.Limit}
}

// check finds whether the condition of a change is met. The caller has the lock.
func (f *front) check(ctx context.Context, owner string, c *session.Change) error {
	if c.If == session.Always {
		return nil
	}
	l := f.look(owner, c.Key)
	if err := f.complete(ctx, l); err != nil {
		return err
	}
	if !terms.Met(c, l.records[0].Value) {
		return session.ErrConflict
	}
	return nil
}

// looked is what memory says of records, and what the file has to be asked for.
type looked struct {
	owner   string
	now     instant
	records []session.Record
	untils  []instant // when records of the file expire, where that has changed
	missing []int
}

// look asks memory. The caller has the lock.
func (f *front) look(owner string, keys ...string) *looked {
	l := &looked{owner: owner, now: instantOf(f.now()), records: make([]session.Record, len(keys)), untils: make([]instant, len(keys))}
	for i, key := range keys {
		value, until, settled := find([2]*recent{f.young, f.moving}, place{owner, key})
		l.records[i].Key, l.untils[i] = key, until
		switch {
		case !settled:
			l.missing = append(l.missing, i)
		case value != nil && until > l.now:
			l.records[i].Value, l.records[i].Expires = slices.Clone(value), until.time()
		}
	}
	return l
}

// complete asks the file for the rest.
func (f *front) complete(ctx context.Context, l *looked) error {
	if len(l.missing) == 0 {
		return ctx.Err()
	}
	keys := make([]string, len(l.missing))
	for n, i := range l.missing {
		keys[n] = l.records[i].Key
	}
	records, err := f.store.Read(ctx, l.owner, keys...)
	if err != nil {
		return err
	}
	for n, i := range l.missing {
		r := records[n]
		if until := l.untils[i]; until != 0 && r.Value != nil {
			if r.Expires = until.time(); until <= l.now {
				r = session.Record{Key: r.Key}
			}
		}
		l.records[i] = r
	}
	return nil
}

// Read implements session.Store.
func (f *front) Read(ctx context.Context, owner string, keys ...string) ([]session.Record, error) {
	f.mu.Lock()
	l := f.look(owner, keys...)
	f.mu.Unlock()
	return l.records, f.complete(ctx, l)
}

// List implements session.Store. What there is of the owner is put into the file before.
func (f *front) List(ctx context.Context, owner string, q session.Query) ([]session.Record, error) {
	f.mu.Lock()
	if f.young.concerns(owner) || f.moving.concerns(owner) {
		if err := f.settle(ctx); err != nil {
			f.mu.Unlock()
			return nil, err
		}
	}
	f.mu.Unlock()
	return f.store.List(ctx, owner, q)
}

// settle waits until all that has been written is in the file. The caller has the lock.
func (f *front) settle(ctx context.Context) error {
	target := f.written
	return f.await(ctx, func() bool { return f.stored >= target })
}

// flush is settle for those who have not the lock.
func (f *front) flush(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settle(ctx)
}

// nudge leaves a sign, unless there is one.
func nudge(sign chan struct{}) {
	select {
	case sign <- struct{}{}:
	default:
	}
}
