// Package contentcoding decodes request bodies by their Content-Encoding, within a limit on both sides.
package contentcoding

import (
	"bytes"
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

// maxCodings bounds how many codings one body may have.
const maxCodings = 4

// Decode reads a body to its end and undoes its codings, the last applied first. Both the bytes read and the bytes of each decoding are
// at most limit. length is the body's length where it is known, else negative.
func Decode(body io.Reader, contentEncoding []string, length, limit int64) ([]byte, error) {
	codings, err := parse(contentEncoding)
	if err != nil {
		return nil, err
	}
	if length > limit {
		return nil, ErrTooLarge
	}
	data, err := readAll(body, length, limit)
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
	var src io.Reader
	var err error
	switch coding {
	case "zstd":
		var dec *zstd.Decoder
		dec, err = zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(uint64(limit)+1),
			zstd.WithDecoderMaxWindow(128<<20))
		if err == nil {
			defer dec.Close()
			src = dec
		}
	case "br":
		src = brotli.NewReader(bytes.NewReader(data))
	case "deflate": // zlib's format, as the HTTP specification has it
		src, err = zlib.NewReader(bytes.NewReader(data))
	default:
		src, err = gzip.NewReader(bytes.NewReader(data))
	}
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", coding, err)
	}
	out, err := readAll(src, -1, limit)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || errors.Is(err, zstd.ErrWindowSizeExceeded) {
		return nil, ErrTooLarge
	}
	if err != nil && !errors.Is(err, ErrTooLarge) {
		return nil, fmt.Errorf("decoding %s: %w", coding, err)
	}
	return out, err
}

// readAll reads at most limit bytes. A known length saves growing.
func readAll(src io.Reader, length, limit int64) ([]byte, error) {
	size := int64(bytes.MinRead)
	if length > 0 {
		size += min(length, 1<<20) // a claim alone gets no more
	}
	buf := bytes.NewBuffer(make([]byte, 0, size))
	n, err := buf.ReadFrom(io.LimitReader(src, limit+1))
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, ErrTooLarge
	}
	return buf.Bytes(), nil
}
