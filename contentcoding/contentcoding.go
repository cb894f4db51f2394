// Package contentcoding decodes request bodies by their Content-Encoding, within a limit on both sides.
package contentcoding

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

var (
	// ErrTooLarge says that a body, as sent or as decoded, is over the limit.
	ErrTooLarge = errors.New("body is too large")

	// ErrUnknown says that a coding is not known.
	ErrUnknown = errors.New("content coding is not known")
)

// Codings are those that Decode knows, besides identity.
var Codings = []string{"zstd", "gzip", "br", "deflate"}

// usualWindow is the largest window that a body may ask for (RFC 9659), in bytes.
const usualWindow = 8 << 20

// maxCodings bounds how many codings one body may have.
const maxCodings = 4

// Decode reads a body to its end and undoes its codings, the last applied first. Both the bytes read and the bytes of each decoding are
// at most limit. length is the body's length where it is known, else negative. The body is read behind room, which grows where it has to; a
// body without codings is returned there.
func Decode(room []byte, body io.Reader, contentEncoding []string, length, limit int64) ([]byte, error) {
	codings, err := parse(contentEncoding)
	if err != nil {
		return nil, err
	}
	if length > limit {
		return nil, ErrTooLarge
	}
	data, err := readAll(room, body, length, limit)
	if err != nil {
		return nil, err
	}
	for _, coding := range slices.Backward(codings) {
		if data, err = decode(coding, data, limit); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func parse(contentEncoding []string) ([]string, error) {
	var codings []string
	for coding := range strings.SplitSeq(strings.Join(contentEncoding, ","), ",") {
		switch coding = strings.ToLower(strings.TrimSpace(coding)); coding {
		case "", "identity":
		case "zstd", "gzip", "x-gzip", "br", "deflate":
			codings = append(codings, coding)
		default:
			return nil, fmt.Errorf("%w: %q; known are %s", ErrUnknown, coding, strings.Join(Codings, ", "))
		}
	}
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("%w: %d codings on one body", ErrUnknown, len(codings))
	}
	return codings, nil
}

func decode(coding string, data []byte, limit int64) ([]byte, error) {
	var out []byte
	src, err := reader(coding, data)
	switch {
	case err != nil:
	case src == nil:
		out, err = decodeZstd(data, limit)
	default:
		out, err = readAll(nil, src, -1, limit)
	}
	if err != nil && !errors.Is(err, ErrTooLarge) {
		return nil, fmt.Errorf("decoding %s: %w", coding, err)
	}
	return out, err
}

// reader reads what a coding has made, nil for zstd.
func reader(coding string, data []byte) (io.Reader, error) {
	src := bytes.NewReader(data)
	switch coding {
	case "zstd":
		return nil, nil
	case "br":
		return brotli.NewReader(src), nil
	case "deflate": // zlib's format, as the HTTP specification has it; some clients leave its frame out
		if !zlibHeader(data) {
			return flate.NewReader(src), nil
		}
		return zlib.NewReader(src)
	default:
		return gzip.NewReader(src)
	}
}

// zlibHeader tells the two bytes with which zlib's format begins (RFC 1950, 2.2).
func zlibHeader(data []byte) bool {
	return len(data) >= 2 && data[0]&0x0f == 8 && (uint(data[0])<<8|uint(data[1]))%31 == 0
}

// decodeZstd decodes at once, into the result: a reader would first make room for the window that a frame asks for, megabytes for a
// request of a few kilobytes.
func decodeZstd(data []byte, limit int64) ([]byte, error) {
	most := uint64(max(limit, usualWindow)) // frames with a larger window than that are refused
	dec, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(most))
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	out, err := dec.DecodeAll(data, nil)
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), err == nil && int64(len(out)) > limit:
		return nil, ErrTooLarge
	case err != nil:
		return nil, err
	default:
		return out, nil
	}
}

// readAll reads at most limit bytes. A known length saves growing.
func readAll(room []byte, src io.Reader, length, limit int64) ([]byte, error) {
	size := int64(bytes.MinRead)
	if length > 0 {
		size += min(length, 1<<20) // a claim alone gets no more
	}
	buf := bytes.NewBuffer(slices.Grow(room, int(size)))
	n, err := buf.ReadFrom(io.LimitReader(src, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, ErrTooLarge
	}
	return buf.Bytes(), nil
}
