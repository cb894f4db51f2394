package lessons

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/caddy-codex/responses/translate/dialect"
)

func omit(knob string) Lesson {
	return Lesson{Set: dialect.Settings{knob: json.RawMessage(`"omit"`)}}
}

func TestABookKeepsEachLessonOnce(t *testing.T) {
	var b Book
	first, second := omit("stream_usage"), omit("verbosity")
	if !b.Keep("a", first) || b.Keep("a", first) || !b.Keep("a", second) || !b.Keep("b", first) {
		t.Error("what is kept is not what is new")
	}
	if got := b.Of("a"); len(got) != 2 || got[0].id() != first.id() || got[1].id() != second.id() {
		t.Errorf("got %v", got)
	}
	if len(b.Of("c")) != 0 || b.Known("b", second) || !b.Known("b", first) {
		t.Error("a key has the lessons of another")
	}
}

func TestALessonThatIsStruckDoesNotComeBack(t *testing.T) {
	var b Book
	lesson := omit("stream_usage")
	b.Keep("a", lesson)
	edition := b.Edition()
	if !b.Strike("a", lesson) || b.Strike("a", lesson) || b.Strike("nobody", lesson) {
		t.Error("it is not struck once")
	}
	if len(b.Of("a")) != 0 || b.Keep("a", lesson) || !b.Known("a", lesson) || b.Edition() == edition {
		t.Errorf("got %v", b.Of("a"))
	}
}

func TestABookHasBounds(t *testing.T) {
	var b Book
	for i := range maxLessons + 5 {
		if kept := b.Keep("a", omit(fmt.Sprint(i))); kept != (i < maxLessons) {
			t.Fatalf("lesson %d: kept is %v", i, kept)
		}
	}
	for i := range maxKeys + 5 {
		if kept := b.Keep(fmt.Sprint(i), omit("x")); kept != (i < maxKeys-1) {
			t.Fatalf("key %d: kept is %v", i, kept)
		}
	}
}

func TestABookServesSeveralAtOnce(t *testing.T) {
	var b Book
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			lesson := omit(fmt.Sprint(i % 4))
			b.Keep("a", lesson)
			b.Known("a", lesson)
			b.Of("a")
			b.Edition()
			b.Strike("a", omit("0"))
		})
	}
	group.Wait()
	if n := len(b.Of("a")); n != 3 {
		t.Errorf("%d lessons are left", n)
	}
}

// Every rule must say something that a dialect can be.
func TestRulesChangeKnobsThatExist(t *testing.T) {
	for i, r := range book().Rules {
		d := dialect.Default()
		if err := d.Apply(r.Set); err != nil {
			t.Errorf("rule %d: %v", i, err)
		}
		knobs := values(&d)
		for _, names := range []map[string][]string{r.When, r.With, r.Without} {
			for name := range names {
				if knobs[name] == nil {
					t.Errorf("rule %d names the knob %q, which does not exist", i, name)
				}
			}
		}
		if len(r.Names)+len(r.Texts) == 0 || len(r.Set)+len(r.With)+len(r.Without) == 0 && !r.Efforts && !r.Drop {
			t.Errorf("rule %d matches or changes nothing", i)
		}
		for name, allowed := range r.When {
			for _, value := range allowed {
				if err := (&dialect.Dialect{}).Apply(dialect.Settings{name: alone(knobs[name], strings.TrimPrefix(value, "!"))}); err != nil {
					t.Errorf("rule %d: %v", i, err)
				}
			}
		}
	}
}

// alone writes one value of a knob as the knob has it: in a list, plain, or as a text.
func alone(like json.RawMessage, value string) json.RawMessage {
	switch like[0] {
	case '[':
		return raw([]string{value})
	case '"':
		return raw(value)
	default:
		return json.RawMessage(value)
	}
}
