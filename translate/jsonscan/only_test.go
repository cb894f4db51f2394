package jsonscan

import "testing"

func TestOnlySomeMembersAreKept(t *testing.T) {
	const object = `{"model":"m" , "a\"b":1,"messages":[ {"model":"n"} ],"stream":true}`
	for name, test := range map[string]struct {
		names []string
		want  string
	}{
		"in the order of the object": {[]string{"messages", "model"}, `"model":"m","messages":[ {"model":"n"} ]`},
		"a name that is escaped":     {[]string{`a"b`}, `"a\"b":1`},
		"none":                       {[]string{"input"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(Only([]byte(object), test.names...)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	if got := Only([]byte(`["model"]`), "model"); got != nil {
		t.Errorf("of a list, %s is kept", got)
	}
}
