package codexresponses

import (
	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/lessons"
)

// lessonBook has what refusals have taught. It lives as long as the process: a reload changes nothing about providers.
var lessonBook lessons.Book

// maxLessons bounds how often one exchange tries again because it has learned.
const maxLessons = 3

// lesson is what the next attempt tries out.
type lesson struct {
	lessons.Lesson
	refused *attempt // the attempt that taught it
}

// persist makes attempts at a target: one, another without the reasoning of earlier turns where that cannot be opened any more, another with
// less of the history where that is too long and may be cut, and another for each thing that a refusal teaches.
func (x *exchange) persist(t target) *fault.Fault {
	x.forgets = false
	f := x.try(t)
	if f != nil && f.Kind == fault.StaleReasoning {
		x.handler.logger.Info("the provider cannot open its own reasoning of earlier turns; it is left out",
			zap.String("request_id", x.record.ID), zap.String("provider", t.upstream.name), zap.String("model", t.model))
		x.forgets = true
		f = x.again()
	}
	f = x.truncate(f)
	for last := x.learn(f, nil); last != nil; last = x.learn(f, last) {
		f = x.again()
	}
	return f
}

// again makes another attempt at the target of the last, with its key.
func (x *exchange) again() *fault.Fault { return x.try(x.attempt.target) }

// learn finds in a refusal something that the next attempt at the same target can do without. last is what the refused attempt tried
// out, nil for nothing. Where the refusal is still the same, that has not helped, and is taken back.
func (x *exchange) learn(f *fault.Fault, last *lesson) *lesson {
	if f == nil || x.attempt == nil {
		return nil
	}
	a, name := x.attempt, x.attempt.upstream.wireName
	u, key := a.upstream, a.upstream.lessonKey(a.model)
	if last != nil {
		untaught := func(lessons.Lesson) bool { return false }
		again, ok := lessons.Learn(name, f, last.refused.dialect, untaught)
		if ok && again.Same(last.Lesson) && lessonBook.Strike(key, last.Lesson) {
			x.handler.logger.Info("what was changed for the provider did not help; it is taken back",
				zap.String("request_id", x.record.ID), zap.String("provider", u.name), zap.String("model", a.model))
		}
	}
	inEffect := func(l lessons.Lesson) bool {
		d, err := u.dialect(a.model)
		return err == nil && len(l.Settings(d)) == 0
	}
	tried := func(l lessons.Lesson) bool { return lessonBook.Known(key, l) && !inEffect(l) }
	learned, ok := lessons.Learn(name, f, a.dialect, tried)
	if !ok || x.lessons == maxLessons {
		return nil
	}
	x.lessons++
	if lessonBook.Keep(key, learned) {
		x.logLesson(learned)
	} else if !inEffect(learned) { // which it is where another exchange has learned it meanwhile
		return nil
	}
	return &lesson{learned, a}
}

// logLesson tells the operator what is sent otherwise from now on. The words of the refusal stay out: they may quote the prompt.
func (x *exchange) logLesson(learned lessons.Lesson) {
	a := x.attempt
	for _, change := range learned.Changes(a.dialect) {
		x.handler.logger.Warn("the provider refused what it was sent; until the process ends, it is sent otherwise",
			zap.String("request_id", x.record.ID), zap.String("provider", a.upstream.name), zap.String("model", a.model),
			zap.String("knob", change.Knob), zap.String("old", change.Old), zap.String("new", change.New))
	}
}

// lessonKey is what lessons for an upstream model are kept by.
func (u *upstream) lessonKey(model string) string {
	return u.known + " " + model
}
