package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"

	"github.com/caddy-codex/responses/session"
)

// A journal is a file to which batches are appended before they are in the file of the store. What a process has written there survives its
// end, however that comes. There are two, which take turns: one is written to while the batches of the other are put into the file, after
// which it is emptied.
//
// A journal begins with a mark and a number, by which the older of two is known. Then come entries: length and checksum of four bytes each,
// and a batch. The first that is not whole is the last that was being written. Where the power failed, there may be zeros from there on.
type journal struct {
	file *os.File
	size int64
	buf  []byte
}

const (
	journalMark   = "codex_responses journal 1\n"
	journalHeader = len(journalMark) + 8
	entryHeader   = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func openJournal(path string) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // beside the file that the operator names
	if err != nil {
		return nil, err
	}
	return &journal{file: file}, nil
}

// begin makes an empty journal the one with a number.
func (j *journal) begin(number uint64) error {
	j.buf = binary.BigEndian.AppendUint64(append(j.buf[:0], journalMark...), number)
	return j.write()
}

// append adds a batch. After an error nothing of it is there.
func (j *journal) append(owner string, b *session.Batch) error {
	j.buf = append(j.buf[:0], make([]byte, entryHeader)...)
	j.buf = appendBatch(j.buf, owner, b)
	entry := j.buf[entryHeader:]
	binary.BigEndian.PutUint32(j.buf, uint32(len(entry)))
	binary.BigEndian.PutUint32(j.buf[4:], crc32.Checksum(entry, castagnoli))
	return j.write()
}

// maxJournalBuffer bounds the room that is kept for entries, in bytes.
const maxJournalBuffer = 1 << 20

func (j *journal) write() error {
	n, err := j.file.WriteAt(j.buf, j.size)
	if err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(n)
	if cap(j.buf) > maxJournalBuffer {
		j.buf = nil
	}
	return nil
}

// empty forgets what is there.
func (j *journal) empty() error {
	j.size = 0
	return j.file.Truncate(0)
}

// read returns the number of a journal and its batches.
func (j *journal) read() (number uint64, batches []owned, err error) {
	text, err := io.ReadAll(io.NewSectionReader(j.file, 0, 1<<62))
	if err != nil || len(text) == 0 {
		return 0, nil, err
	}
	if n := min(len(text), len(journalMark)); text[0] == 0 || len(text) < journalHeader && string(text[:n]) == journalMark[:n] {
		return 0, nil, nil // its beginning was being written, or had not reached the disk when the power failed
	}
	if len(text) < journalHeader || string(text[:len(journalMark)]) != journalMark {
		return 0, nil, fmt.Errorf("%s is no journal of a store", j.file.Name())
	}
	number = binary.BigEndian.Uint64(text[len(journalMark):])
	for rest := text[journalHeader:]; len(rest) >= entryHeader; {
		size, sum := binary.BigEndian.Uint32(rest), binary.BigEndian.Uint32(rest[4:])
		rest = rest[entryHeader:]
		if size == 0 || int64(size) > int64(len(rest)) || crc32.Checksum(rest[:size], castagnoli) != sum {
			break
		}
		owner, batch, ok := parseBatch(rest[:size])
		if !ok {
			return 0, nil, fmt.Errorf("%s has an entry of another form", j.file.Name())
		}
		batches = append(batches, owned{owner, batch})
		rest = rest[size:]
	}
	return number, batches, nil
}

// appendBatch writes a batch without its conditions and its topic.
func appendBatch(dst []byte, owner string, b *session.Batch) []byte {
	dst = appendText(dst, owner)
	dst = binary.AppendVarint(dst, b.Limit)
	for i := range b.Changes {
		c := &b.Changes[i]
		if c.Op == session.Check {
			continue
		}
		dst = append(dst, byte(c.Op))
		dst = appendText(dst, c.Key)
		if c.Op == session.Delete {
			continue
		}
		dst = binary.AppendUvarint(dst, uint64(instantOf(c.Expires)))
		if c.Op == session.Put {
			dst = appendText(dst, c.Value)
		}
	}
	return dst
}

func appendText[T string | []byte](dst []byte, text T) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(text)))
	return append(dst, text...)
}

// parseBatch reads what appendBatch has written.
func parseBatch(text []byte) (owner string, b *session.Batch, ok bool) {
	r := batchReader{rest: text}
	owner = string(r.text())
	b = &session.Batch{Limit: r.varint()}
	for len(r.rest) > 0 && !r.broken {
		c := session.Change{Op: session.Op(r.rest[0])}
		r.rest = r.rest[1:]
		c.Key = string(r.text())
		if c.Op != session.Delete {
			c.Expires = instant(r.uvarint()).time()
		}
		if c.Op == session.Put {
			c.Value = r.text()
		}
		b.Changes = append(b.Changes, c)
	}
	return owner, b, !r.broken
}

type batchReader struct {
	rest   []byte
	broken bool
}

func (r *batchReader) uvarint() uint64 {
	n, size := binary.Uvarint(r.rest)
	r.advance(size)
	return n
}

func (r *batchReader) varint() int64 {
	n, size := binary.Varint(r.rest)
	r.advance(size)
	return n
}

func (r *batchReader) text() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.rest, r.broken = nil, true
		return nil
	}
	text := r.rest[:n:n]
	r.rest = r.rest[n:]
	return text
}

// advance passes over a number, whose size is not above zero where there is none.
func (r *batchReader) advance(size int) {
	if size <= 0 {
		r.rest, r.broken = nil, true
		return
	}
	r.rest = r.rest[size:]
}
