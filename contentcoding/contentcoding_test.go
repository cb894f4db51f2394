package contentcoding_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/rand"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"github.com/caddy-codex/responses/contentcoding"
)

const limit = 1 << 20

// encode applies a coding.
func encode(t testing.TB, coding string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "zstd":
		w, err = zstd.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "raw deflate":
		w, err = flate.NewWriter(&out, flate.DefaultCompression)
	default:
		w = gzip.NewWriter(&out)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decode(data []byte, contentEncoding ...string) ([]byte, error) {
	return contentcoding.Decode(nil, bytes.NewReader(data), contentEncoding, int64(len(data)), limit)
}

func TestF05BodiesAreDecoded(t *testing.T) {
	const text = `{"model":"m","input":"hello"}`
	once := func(coding string) []byte { return encode(t, coding, []byte(text)) }
	tests := map[string]struct {
		body   []byte
		header []string
	}{
		"as it is":                      {[]byte(text), nil},
		"an empty header":               {[]byte(text), []string{""}},
		"identity":                      {[]byte(text), []string{"identity"}},
		"zstd":                          {once("zstd"), []string{"zstd"}},
		"gzip":                          {once("gzip"), []string{"gzip"}},
		"gzip by its older name":        {once("gzip"), []string{"x-gzip"}},
		"br":                            {once("br"), []string{"br"}},
		"deflate":                       {once("deflate"), []string{"deflate"}},
		"deflate without its frame":     {once("raw deflate"), []string{"deflate"}},
		"in capitals":                   {once("gzip"), []string{"GZIP"}},
		"two at once":                   {encode(t, "zstd", once("gzip")), []string{"gzip, zstd"}},
		"two at once in two headers":    {encode(t, "gzip", once("br")), []string{"br", "gzip"}},
		"three with identity among":     {encode(t, "br", encode(t, "gzip", once("zstd"))), []string{"zstd,identity , gzip,,br"}},
		"several frames":                {append(encode(t, "zstd", []byte(text[:5])), encode(t, "zstd", []byte(text[5:]))...), []string{"zstd"}},
		"several members":               {append(encode(t, "gzip", []byte(text[:5])), encode(t, "gzip", []byte(text[5:]))...), []string{"gzip"}},
		"a frame that knows its length": {zstdAll(t, []byte(text)), []string{"zstd"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := decode(test.body, test.header...)
			if err != nil || string(got) != text {
				t.Errorf("got %q, %v", got, err)
			}
			unknown, err := contentcoding.Decode(nil, iotest.OneByteReader(bytes.NewReader(test.body)), test.header, -1, limit)
			if err != nil || string(unknown) != text {
				t.Errorf("of unknown length, byte by byte: got %q, %v", unknown, err)
			}
		})
	}
}

// zstdAll makes one frame that says how long its content is, as clients do that have all of it.
func zstdAll(t testing.TB, data []byte) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll(data, nil)
}

func TestF05BadBodiesAreRefused(t *testing.T) {
	text := []byte(strings.Repeat("all work and no play ", 1000))
	for _, coding := range contentcoding.Codings {
		t.Run(coding, func(t *testing.T) {
			good := encode(t, coding, text)
			for n := range good {
				if got, err := decode(good[:n], coding); err == nil && n > 0 {
					t.Errorf("cut after %d of %d bytes it became %d bytes", n, len(good), len(got))
				} else if errors.Is(err, contentcoding.ErrTooLarge) || errors.Is(err, contentcoding.ErrUnknown) {
					t.Errorf("cut after %d bytes: %v", n, err)
				}
			}
			if _, err := decode([]byte("{\"model\":\"not compressed at all\"}"), coding); err == nil {
				t.Error("plain text was decoded")
			}
			damaged := bytes.Clone(good)
			for i := range damaged {
				damaged[i] ^= 0x55
			}
			if got, err := decode(damaged, coding); err == nil {
				t.Errorf("damaged it became %d bytes", len(got))
			}
		})
	}
	for name, header := range map[string][]string{
		"one nobody knows":           {"compress"},
		"one nobody knows among":     {"gzip, rot13"},
		"a number of them":           {"gzip,gzip,gzip,gzip,gzip"},
		"what belongs elsewhere":     {"chunked"},
		"what looks like parameters": {"gzip;q=1"},
	} {
		if _, err := decode(text, header...); !errors.Is(err, contentcoding.ErrUnknown) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestTheSourcesErrorComesOut(t *testing.T) {
	broken := errors.New("connection reset")
	for _, header := range [][]string{nil, {"gzip"}} {
		_, err := contentcoding.Decode(nil, iotest.ErrReader(broken), header, -1, limit)
		if !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	}
}

func TestF80TheLimitHoldsOnBothSides(t *testing.T) {
	noise := make([]byte, limit+1)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	if got, err := decode(noise[:limit]); err != nil || len(got) != limit {
		t.Errorf("exactly the limit: got %d bytes, %v", len(got), err)
	}
	if _, err := decode(noise); !errors.Is(err, contentcoding.ErrTooLarge) {
		t.Errorf("one byte more: got %v", err)
	}
	if _, err := contentcoding.Decode(nil, bytes.NewReader(noise), nil, -1, limit); !errors.Is(err, contentcoding.ErrTooLarge) {
		t.Errorf("one byte more, of unknown length: got %v", err)
	}
	if _, err := contentcoding.Decode(nil, iotest.ErrReader(errors.New("read")), nil, limit+1, limit); !errors.Is(err, contentcoding.ErrTooLarge) {
		t.Errorf("a length over the limit: got %v", err)
	}
	text := bytes.Repeat([]byte("a"), limit+1)
	for _, coding := range contentcoding.Codings {
		if got, err := decode(encode(t, coding, text[:limit]), coding); err != nil || len(got) != limit {
			t.Errorf("%s of exactly the limit: got %d bytes, %v", coding, len(got), err)
		}
		if _, err := decode(encode(t, coding, text), coding); !errors.Is(err, contentcoding.ErrTooLarge) {
			t.Errorf("%s of one byte more: got %v", coding, err)
		}
		if _, err := decode(encode(t, "gzip", encode(t, coding, text)), coding, "gzip"); !errors.Is(err, contentcoding.ErrTooLarge) {
			t.Errorf("%s in gzip of one byte more: got %v", coding, err)
		}
		if _, err := decode(encode(t, coding, noise), coding); !errors.Is(err, contentcoding.ErrTooLarge) {
			t.Errorf("%s of noise: got %v", coding, err)
		}
	}
}

func TestF80LongSessionsAreTaken(t *testing.T) {
	text := bytes.Repeat([]byte("all work and no play "), 2<<20)
	for _, coding := range []string{"zstd", "gzip"} { // what Codex sends, and what others do
		body := encode(t, coding, text)
		got, err := contentcoding.Decode(nil, bytes.NewReader(body), []string{coding}, int64(len(body)), 64<<20)
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: got %d bytes, %v", coding, len(got), err)
		}
	}
}

// A limit below the window that encoders use must not refuse what is small.
func TestASmallLimitTakesSmallBodies(t *testing.T) {
	text := []byte(`{"model":"m"}`)
	for _, coding := range contentcoding.Codings {
		body := encode(t, coding, text)
		if got, err := contentcoding.Decode(nil, bytes.NewReader(body), []string{coding}, int64(len(body)), 100); err != nil || !bytes.Equal(got, text) {
			t.Errorf("%s: got %q, %v", coding, got, err)
		}
	}
}

func TestF80BombsCostLittle(t *testing.T) {
	const size, most = 100 << 20, 64 << 20 // bytes; of the latter much is garbage at once
	for _, coding := range contentcoding.Codings {
		t.Run(coding, func(t *testing.T) {
			reader, writer := io.Pipe()
			var bomb bytes.Buffer
			done := make(chan error, 1)
			go func() {
				_, err := io.Copy(&bomb, reader)
				done <- err
			}()
			var w io.WriteCloser
			switch coding {
			case "zstd":
				w, _ = zstd.NewWriter(writer)
			case "br":
				w = brotli.NewWriterLevel(writer, 1)
			case "deflate":
				w, _ = zlib.NewWriterLevel(writer, flate.BestSpeed)
			default:
				w, _ = gzip.NewWriterLevel(writer, gzip.BestSpeed)
			}
			if _, err := io.CopyN(w, zeros{}, size); err != nil {
				t.Fatal(err)
			}
			w.Close()
			writer.Close()
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			if grown := allocated(func() {
				if _, err := decode(bomb.Bytes(), coding); !errors.Is(err, contentcoding.ErrTooLarge) {
					t.Errorf("got %v", err)
				}
			}); grown > most {
				t.Errorf("%d bytes of a bomb took %d bytes of memory", bomb.Len(), grown)
			}
		})
	}
}

// A frame says how much of what has been decoded must be kept. A few bytes can ask for much.
func TestF80WindowsCostLittle(t *testing.T) {
	var frame bytes.Buffer
	w, err := zstd.NewWriter(&frame, zstd.WithWindowSize(128<<20))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil { // before its end it does not know how little it needs
		t.Fatal(err)
	}
	w.Close()
	if grown := allocated(func() {
		if got, err := decode(frame.Bytes(), "zstd"); err == nil || errors.Is(err, contentcoding.ErrTooLarge) {
			t.Errorf("got %q, %v", got, err)
		}
	}); grown > 1<<20 {
		t.Errorf("%d bytes took %d bytes of memory", frame.Len(), grown)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// allocated is how many bytes a function allocates.
func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func FuzzDecode(f *testing.F) {
	text := []byte(`{"model":"m","input":[{"role":"user","content":"hello hello hello"}]}`)
	for _, coding := range contentcoding.Codings {
		f.Add(encode(f, coding, text), coding)
		f.Add(encode(f, "gzip", encode(f, coding, text)), coding+",gzip")
	}
	f.Add(text, "identity")
	f.Add([]byte{}, "zstd")
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		const small = 1 << 16
		got, err := contentcoding.Decode(nil, bytes.NewReader(body), []string{header}, int64(len(body)), small)
		if err == nil && len(got) > small {
			t.Errorf("got %d bytes", len(got))
		}
		if err != nil && got != nil {
			t.Errorf("got %d bytes and %v", len(got), err)
		}
	})
}
