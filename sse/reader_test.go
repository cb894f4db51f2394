package sse

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// events reads all of a body and writes each event as name|data, with a trailing ! where it is partial.
func events(t *testing.T, src io.Reader) []string {
	t.Helper()
	var all []string
	r := NewReader(src, 0)
	for {
		event, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("reading: %v", err)
		}
		text := string(event.Name) + "|" + string(event.Data)
		if event.Partial {
			text += "!"
		}
		all = append(all, text)
	}
}

func TestF66ReaderTakesEveryFraming(t *testing.T) {
	tests := map[string]struct {
		body string
		want []string
	}{
		"plain frames":                        {"data: a\n\ndata: b\n\n", []string{"|a", "|b"}},
		"named frames":                        {"event: x\ndata: a\n\ndata: b\n\n", []string{"x|a", "|b"}},
		"no space after the colon":            {"data:a\n\n", []string{"|a"}},
		"only one space is dropped":           {"data:  a\n\n", []string{"| a"}},
		"several data lines":                  {"data: a\ndata: b\n\n", []string{"|a\nb"}},
		"an empty data line among others":     {"data: a\ndata\ndata: b\n\n", []string{"|a\n\nb"}},
		"F65 comments anywhere":               {": hi\n\n: there\ndata: a\n: mid\ndata: b\n:\n\n", []string{"|a\nb"}},
		"a byte order mark":                   {"\xef\xbb\xbfdata: a\n\n", []string{"|a"}},
		"frames without data are no events":   {"event: x\n\nid: 3\n\ndata: a\n\n", []string{"|a"}},
		"a last frame without its blank line": {"data: a\n\ndata: b\n", []string{"|a", "|b!"}},
		"a last line without its end":         {"data: a\n\ndata: b", []string{"|a", "|b!"}},
		"nothing":                             {"", nil},
		"blank lines only":                    {"\n\n\n", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for ending, body := range map[string]string{
				"LF":   test.body,
				"CRLF": strings.ReplaceAll(test.body, "\n", "\r\n"),
				"CR":   strings.ReplaceAll(test.body, "\n", "\r"),
			} {
				want := strings.Join(test.want, ", ")
				if got := strings.Join(events(t, strings.NewReader(body)), ", "); got != want {
					t.Errorf("%s in one read: got %q, want %q", ending, got, want)
				}
				if got := strings.Join(events(t, iotest.OneByteReader(strings.NewReader(body))), ", "); got != want {
					t.Errorf("%s byte by byte: got %q, want %q", ending, got, want)
				}
			}
		})
	}
}

func TestF68ReaderTakesLongLinesUpToItsLimit(t *testing.T) {
	body := "data: " + strings.Repeat("x", 5<<20) + "\n\n"
	event, err := NewReader(strings.NewReader(body), 0).Next()
	if err != nil || len(event.Data) != 5<<20 {
		t.Fatalf("got %d bytes, %v", len(event.Data), err)
	}
	for name, long := range map[string]io.Reader{
		"one line":      strings.NewReader(body),
		"without end":   io.MultiReader(strings.NewReader("data: "), zeros{}),
		"several lines": strings.NewReader(strings.Repeat("data: "+strings.Repeat("x", 1000)+"\n", 5000)),
	} {
		if _, err := NewReader(long, 1<<20).Next(); !errors.Is(err, ErrTooLong) {
			t.Errorf("%s: got %v, want ErrTooLong", name, err)
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestReaderGivesTheSourcesErrorAfterTheEventsBeforeIt(t *testing.T) {
	broken := errors.New("connection reset")
	r := NewReader(io.MultiReader(strings.NewReader("data: a\n\ndata: b"), iotest.ErrReader(broken)), 0)
	if event, err := r.Next(); err != nil || string(event.Data) != "a" {
		t.Fatalf("first: got %q, %v", event.Data, err)
	}
	if _, err := r.Next(); !errors.Is(err, broken) {
		t.Errorf("second: got %v, want the source's error", err)
	}
}

func TestBufferedNeverReadsTheSource(t *testing.T) {
	source := &countingReader{chunks: []string{"data: a\n\ndata: b\n\nda", "ta: c\n\n"}}
	r := NewReader(source, 0)
	if event, err := r.Next(); err != nil || string(event.Data) != "a" {
		t.Fatalf("first: got %q, %v", event.Data, err)
	}
	if event, ok := r.Buffered(); !ok || string(event.Data) != "b" {
		t.Errorf("second: got %q, %v", event.Data, ok)
	}
	if _, ok := r.Buffered(); ok || source.reads != 1 {
		t.Errorf("third is not there yet: got %v after %d reads", ok, source.reads)
	}
	if event, err := r.Next(); err != nil || string(event.Data) != "c" {
		t.Errorf("third: got %q, %v", event.Data, err)
	}
}

type countingReader struct {
	chunks []string
	reads  int
}

func (r *countingReader) Read(p []byte) (int, error) {
	if r.reads == len(r.chunks) {
		return 0, io.EOF
	}
	r.reads++
	return copy(p, r.chunks[r.reads-1]), nil
}

func FuzzReaderIsIndifferentToReadSizes(f *testing.F) {
	f.Add([]byte("event: x\r\ndata: a\r\rdata:b\n\n: c\ndata: d"))
	f.Fuzz(func(t *testing.T, body []byte) {
		whole := strings.Join(events(t, bytes.NewReader(body)), "\x00")
		if bytewise := strings.Join(events(t, iotest.OneByteReader(bytes.NewReader(body))), "\x00"); bytewise != whole {
			t.Errorf("in one read %q, byte by byte %q", whole, bytewise)
		}
	})
}

// A pool may lose what it is given, so one reader alone proves nothing.
func TestBuffersOfReadersThatHaveEndedServeAgain(t *testing.T) {
	for range 100 {
		r := NewReader(strings.NewReader("data: "+strings.Repeat("x", 4*readSize)+"\n\n"), 0)
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		r.Release()
		if kept := *buffers.Get().(*[]byte); cap(kept) > readSize {
			return
		}
	}
	t.Error("no buffer was kept")
}
