package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.etcd.io/bbolt"
)

var errForeign = errors.New("it has another format")

// thorough is the greatest size of a file that is read through also where it was closed, which takes a moment. A damaged page says how many
// pages follow it, and bbolt believes that: it may well want all memory for a list of them.
const thorough = 64 << 20

// inspect finds what is wrong with a file before it is opened for writing. When bbolt opens one that was not closed, it reads through it on its
// own to find the free pages, and a page that is damaged ends the process.
func inspect(path string, size int64) error {
	db, file, err := openFile(path, &bbolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(tx *bbolt.Tx) error {
		if tx.Size() > size {
			return damaged("it has %d bytes of %d", size, tx.Size())
		}
		if first, _ := tx.Cursor().First(); first == nil {
			return nil // it was made, and nothing written yet
		}
		about := tx.Bucket(aboutBucket)
		if about == nil || string(about.Get(formatKey)) != format {
			return errForeign
		}
		if closed := about.Get(closedKey); size > thorough && len(closed) == 8 && binary.BigEndian.Uint64(closed) == uint64(tx.ID()) {
			return nil
		}
		pageSize := db.Info().PageSize
		i := inspector{file: file, pageSize: pageSize, seen: make([]bool, tx.Size()/int64(pageSize))}
		return i.readThrough(tx.ID())
	})
}

func damaged(form string, arguments ...any) error {
	return fmt.Errorf("%w: "+form, append([]any{errDamaged}, arguments...)...)
}

// The form of a file of bbolt, in the byte order of the machine:
//
//	page            id 8, flags 2, count 2, overflow 4 (how many pages more belong to it), elements, keys and values
//	branch element  position of the key from here 4, its length 4, page 8
//	leaf element    flags 4, position of the key from here 4, its length 4, the value's length 4; the value follows the key
//	bucket          a value: root page 8, sequence 8; with the root page 0 a page of its own follows
//	meta            in page 0 or 1: 16 bytes, then the bucket of all buckets
const (
	pageHeader    = 16
	elementHeader = 16
	bucketHeader  = 16
	metaRoot      = pageHeader + 16

	branchPage    = 1
	leafPage      = 2
	bucketElement = 1

	// deepest bounds the trees: with the least that a page may hold, it is more than any file has.
	deepest = 64
)

// inspector reads the pages of a file.
type inspector struct {
	file     io.ReaderAt
	pageSize int
	seen     []bool // by the number of the page
}

// readThrough reads all pages of the state that a transaction has left.
func (i *inspector) readThrough(transaction int) error {
	meta := make([]byte, i.pageSize)
	if _, err := i.file.ReadAt(meta, int64(transaction%2)*int64(i.pageSize)); err != nil {
		return err
	}
	root := binary.NativeEndian.Uint64(meta[metaRoot:])
	return i.tree(root, bounds{}, 0, func(key, value []byte) error {
		if len(value) < bucketHeader {
			return damaged("the bucket %q has no root", key)
		}
		root := binary.NativeEndian.Uint64(value)
		if root != 0 {
			return i.tree(root, bounds{}, 0, nil)
		}
		return i.page(value[bucketHeader:], 0, bounds{}, 0, nil)
	})
}

// bounds are between which keys those of a page lie: from the first on, and before the end, which is nil where there is none.
type bounds struct{ from, end []byte }

// tree reads a page and what is below. bucket is called for each bucket, of which there are none where it is nil.
func (i *inspector) tree(id uint64, b bounds, depth int, bucket func(key, value []byte) error) error {
	if id < 2 || id >= uint64(len(i.seen)) || depth > deepest {
		return damaged("there is no page %d", id)
	}
	content := make([]byte, i.pageSize)
	if _, err := i.file.ReadAt(content, int64(id)*int64(i.pageSize)); err != nil {
		return err
	}
	if got := binary.NativeEndian.Uint64(content); got != id {
		return damaged("page %d says that it is page %d", id, got)
	}
	pages := 1 + uint64(binary.NativeEndian.Uint32(content[12:]))
	if id+pages > uint64(len(i.seen)) {
		return damaged("page %d ends behind the file", id)
	}
	for n := id; n < id+pages; n++ {
		if i.seen[n] {
			return damaged("page %d is in two places", n)
		}
		i.seen[n] = true
	}
	if pages > 1 {
		content = make([]byte, int(pages)*i.pageSize)
		if _, err := i.file.ReadAt(content, int64(id)*int64(i.pageSize)); err != nil {
			return err
		}
	}
	return i.page(content, id, b, depth, bucket)
}

// page reads the elements of a page.
func (i *inspector) page(content []byte, id uint64, b bounds, depth int, bucket func(key, value []byte) error) error {
	if len(content) < pageHeader {
		return damaged("page %d is too short", id)
	}
	count := int(binary.NativeEndian.Uint16(content[10:]))
	keys, values := make([][]byte, count), make([][]byte, count)
	kind := binary.NativeEndian.Uint16(content[8:])
	for n := range count {
		key, value, err := element(content, n, kind)
		if err != nil {
			return fmt.Errorf("page %d: %w", id, err)
		}
		if n > 0 && bytes.Compare(keys[n-1], key) >= 0 || bytes.Compare(key, b.from) < 0 || b.end != nil && bytes.Compare(key, b.end) >= 0 {
			return damaged("page %d: the keys are not in their order", id)
		}
		keys[n], values[n] = key, value
	}
	switch {
	case kind == leafPage:
		return i.leaf(content, id, keys, values, bucket)
	case kind == branchPage && count > 0:
		return i.branch(content, keys, b, depth, bucket)
	}
	return damaged("page %d is of no kind that belongs there", id)
}

// element returns a key of a page, and its value where the page is a leaf.
func element(content []byte, n int, kind uint16) (key, value []byte, err error) {
	at := pageHeader + n*elementHeader
	if at+elementHeader > len(content) {
		return nil, nil, damaged("it has too many elements")
	}
	header, field := content[at:], 0
	if kind == leafPage {
		field = 4
	}
	from := uint64(at) + uint64(binary.NativeEndian.Uint32(header[field:]))
	middle := from + uint64(binary.NativeEndian.Uint32(header[field+4:]))
	end := middle
	if kind == leafPage {
		end += uint64(binary.NativeEndian.Uint32(header[12:]))
	}
	if end > uint64(len(content)) {
		return nil, nil, damaged("an element ends behind it")
	}
	return content[from:middle], content[middle:end], nil
}

func (i *inspector) leaf(content []byte, id uint64, keys, values [][]byte, bucket func(key, value []byte) error) error {
	for n := range keys {
		flags := binary.NativeEndian.Uint32(content[pageHeader+n*elementHeader:])
		switch {
		case flags == bucketElement && bucket != nil:
			if err := bucket(keys[n], values[n]); err != nil {
				return err
			}
		case flags != 0 || bucket != nil:
			return damaged("page %d has an element that does not belong there", id)
		}
	}
	return nil
}

func (i *inspector) branch(content []byte, keys [][]byte, b bounds, depth int, bucket func(key, value []byte) error) error {
	for n, key := range keys {
		end := b.end
		if n+1 < len(keys) {
			end = keys[n+1]
		}
		child := binary.NativeEndian.Uint64(content[pageHeader+n*elementHeader+8:])
		if err := i.tree(child, bounds{key, end}, depth+1, bucket); err != nil {
			return err
		}
	}
	return nil
}
