package terms_test

import (
	"testing"

	"github.com/caddy-codex/responses/session"
	"github.com/caddy-codex/responses/session/internal/terms"
)

func TestRangeIsWhereTheKeysOfAQueryLie(t *testing.T) {
	for name, test := range map[string]struct {
		q         session.Query
		from, end string
	}{
		"all":                                   {session.Query{}, "", ""},
		"all, downward":                         {session.Query{Descending: true}, "", ""},
		"a prefix":                              {session.Query{Prefix: "a/"}, "a/", "a0"},
		"a prefix, downward":                    {session.Query{Prefix: "az", Descending: true}, "az", "a{"},
		"after a key":                           {session.Query{After: "b"}, "b\x00", ""},
		"after a key, downward":                 {session.Query{After: "b", Descending: true}, "", "b"},
		"after a key of the prefix":             {session.Query{Prefix: "a/", After: "a/1"}, "a/1\x00", "a0"},
		"after a key of the prefix, downward":   {session.Query{Prefix: "a/", After: "a/1", Descending: true}, "a/", "a/1"},
		"after a key before the prefix":         {session.Query{Prefix: "b", After: "a"}, "b", "c"},
		"after a key behind the prefix, upward": {session.Query{Prefix: "b", After: "d"}, "d\x00", "c"},
		"after a key behind it, downward":       {session.Query{Prefix: "b", After: "d", Descending: true}, "b", "c"},
		"after a key before it, downward":       {session.Query{Prefix: "b", After: "a", Descending: true}, "b", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if from, end := terms.Range(&test.q); from != test.from || end != test.end {
				t.Errorf("got %q to %q, want %q to %q", from, end, test.from, test.end)
			}
		})
	}
}

func TestMetComparesTheValue(t *testing.T) {
	for name, test := range map[string]struct {
		c     session.Change
		value []byte
		want  bool
	}{
		"always":                        {session.Change{}, nil, true},
		"absent and it is":              {session.Change{If: session.Absent}, nil, true},
		"absent but there is an empty":  {session.Change{If: session.Absent}, []byte{}, false},
		"present and it is, empty":      {session.Change{If: session.Present}, []byte{}, true},
		"present but it is not":         {session.Change{If: session.Present}, nil, false},
		"unchanged":                     {session.Change{If: session.Unchanged, Was: []byte("a")}, []byte("a"), true},
		"changed":                       {session.Change{If: session.Unchanged, Was: []byte("a")}, []byte("ab"), false},
		"unchanged from none is absent": {session.Change{If: session.Unchanged}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := terms.Met(&test.c, test.value); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
