package envelope

import "slices"

// Records are what is encrypted for this side's own storage rather than for clients: binary, and bound to the place they are stored at.

// recordVersion begins every record; the id of the key follows, then the sealed bytes.
const recordVersion = 1

// keyIDSize is the length of a key's id in bytes.
const keyIDSize = 8

// SealRecord appends plain, encrypted, to dst. Only together with the same place does it open again, so that what is stored at one place
// is worth nothing at another.
func (r *Ring) SealRecord(dst, plain []byte, place string) []byte {
	k := r.keys[0]
	dst = slices.Grow(dst, 1+keyIDSize+len(plain)+k.aead.Overhead())
	dst = append(dst, recordVersion)
	dst = append(dst, k.id...)
	return k.aead.Seal(dst, nil, plain, []byte(place))
}

// OpenRecord decrypts a record. It reports false for anything that is none: of another key or place, or damaged.
func (r *Ring) OpenRecord(sealed []byte, place string) ([]byte, bool) {
	if len(sealed) < 1+keyIDSize || sealed[0] != recordVersion {
		return nil, false
	}
	id, body := string(sealed[1:1+keyIDSize]), sealed[1+keyIDSize:]
	for _, k := range r.keys {
		if k.id == id {
			plain, err := k.aead.Open(nil, nil, body, []byte(place))
			return plain, err == nil
		}
	}
	return nil, false
}
