package codexresponses

import "context"

type recordKey struct{}

// withRecord has a function called with the record of each exchange whose request has the context. It is for exchanges that have no line of
// their own in the access log.
func withRecord(ctx context.Context, ended func(*Record)) context.Context {
	return context.WithValue(ctx, recordKey{}, ended)
}

// contextRecord is the observer that does so.
type contextRecord struct{}

func (contextRecord) observe(ctx context.Context, r *Record) {
	if ended, ok := ctx.Value(recordKey{}).(func(*Record)); ok {
		ended(r)
	}
}
