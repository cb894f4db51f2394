package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/tidwall/gjson"
)

// Members is the inside of a JSON object: its members without the braces, compact, in the order they were written. Encoders append
// it as it is. Empty means no members.
type Members []byte

// UnmarshalJSON takes an object.
func (m *Members) UnmarshalJSON(data []byte) error {
	if !gjson.ParseBytes(data).IsObject() {
		return fmt.Errorf("must be a JSON object")
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, data); err != nil {
		return err
	}
	*m = bytes.Clone(compact.Bytes()[1 : compact.Len()-1])
	return nil
}

// MarshalJSON gives the object back.
func (m Members) MarshalJSON() ([]byte, error) {
	return append(append([]byte{'{'}, m...), '}'), nil
}
