package bolt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// lockTimeout is how long to wait for another process that has the file: one that ends at the moment.
const lockTimeout = time.Second

// openStore opens a file, and makes it where it is not there.
func openStore(path string, maxSize int64, now func() time.Time, ticks <-chan time.Time) (*store, error) {
	s := &store{path: path, now: now, turn: make(chan struct{}, 1)}
	s.maxSize.Store(maxSize)
	if err := guarded(s.open); err != nil {
		return nil, s.refuse(err)
	}
	s.sweepAt(ticks)
	return s, nil
}

// refuse says why a file cannot be opened, and what to do.
func (s *store) refuse(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("opening %s: another process has the file; give each its own path, or let them share a store that is a server", s.path)
	case errors.Is(err, errForeign), errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrVersionMismatch):
		return fmt.Errorf("opening %s: it is not a file of sessions, or is damaged; give another path, or move it away to begin anew: %w", s.path, err)
	case errors.Is(err, errDamaged), errors.Is(err, berrors.ErrChecksum):
		return fmt.Errorf("opening %s: the file is damaged; restore it, or move it away to begin anew: %w", s.path, err)
	}
	return fmt.Errorf("opening %s: %w", s.path, err)
}

func (s *store) open() (err error) {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return err
	case info.Size() > 0:
		if err := inspect(s.path, info.Size()); err != nil {
			return err
		}
	}
	if s.db, err = openFile(s.path, &bbolt.Options{
		Timeout: lockTimeout,
		// The list of free pages would be written again with each transaction. Without it a file that was not closed is read through once.
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
	}); err != nil {
		return err
	}
	if err = s.db.Update(prepare); err != nil {
		return errors.Join(err, s.db.Close())
	}
	syncDirectory(filepath.Dir(s.path))
	return nil
}

// openFile opens a file with bbolt, and leaves no lock behind where that stumbles over a damaged one.
func openFile(path string, o *bbolt.Options) (db *bbolt.DB, err error) {
	var opened *os.File
	o.OpenFile = func(name string, flag int, mode os.FileMode) (file *os.File, err error) {
		opened, err = os.OpenFile(name, flag, mode)
		return opened, err
	}
	defer func() {
		if db == nil && opened != nil {
			opened.Close() // it may have been closed already
		}
	}()
	return bbolt.Open(path, 0o600, o)
}

var errForeign = errors.New("it has another format")

// inspect finds what is wrong with a file before it is opened for writing: bbolt itself would end the process.
func inspect(path string, size int64) error {
	db, err := openFile(path, &bbolt.Options{Timeout: lockTimeout, ReadOnly: true})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.View(func(tx *bbolt.Tx) error {
		if tx.Size() > size {
			return fmt.Errorf("%w: it has %d bytes of %d", errDamaged, size, tx.Size())
		}
		about := tx.Bucket(aboutBucket)
		if about == nil {
			if first, _ := tx.Cursor().First(); first != nil {
				return errForeign
			}
			return nil // it was made, and nothing written yet
		}
		if string(about.Get(formatKey)) != format || tx.Bucket(recordsBucket) == nil || tx.Bucket(valuesBucket) == nil {
			return errForeign
		}
		if closed := about.Get(closedKey); len(closed) == 8 && binary.BigEndian.Uint64(closed) == uint64(tx.ID()) {
			return nil
		}
		return readThrough(tx)
	})
}

// readThrough touches all pages of a file, so that one which is damaged is found. bbolt reads through a file that was not closed as well, but
// does not return from a page that it cannot read.
func readThrough(tx *bbolt.Tx) error {
	var sum byte
	defer runtime.KeepAlive(&sum)
	return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
		var last []byte
		return b.ForEach(func(key, value []byte) error {
			if last != nil && bytes.Compare(last, key) >= 0 {
				return fmt.Errorf("%w: keys are not in their order", errDamaged)
			}
			last = key
			if len(value) > 0 {
				sum += value[0] + value[len(value)-1]
			}
			return nil
		})
	})
}

// prepare makes the buckets of a file.
func prepare(tx *bbolt.Tx) error {
	for _, name := range [][]byte{recordsBucket, valuesBucket, aboutBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return tx.Bucket(aboutBucket).Put(formatKey, []byte(format))
}

// syncDirectory makes the name of a new file durable, where the system has that.
func syncDirectory(path string) {
	if directory, err := os.Open(path); err == nil {
		_ = directory.Sync()
		_ = directory.Close()
	}
}

// Destruct implements caddy.Destructor: it closes the file.
func (s *store) Destruct() error {
	s.sweeper.stop()
	s.sweeper.done.Wait()
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.commit(s.take())
	if s.broken.Load() == nil {
		s.db.NoFreelistSync = false // the next one to open the file need not read it through
		if err := s.db.Update(markClosed); err != nil {
			return s.explain("closing", errors.Join(err, s.db.Close()))
		}
	}
	return s.explain("closing", s.db.Close())
}

func markClosed(tx *bbolt.Tx) error {
	return tx.Bucket(aboutBucket).Put(closedKey, binary.BigEndian.AppendUint64(nil, uint64(tx.ID())))
}
