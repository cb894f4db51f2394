package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/caddy-codex/responses/session"
)

// lockTimeout is how long to wait for another process that has the file: one that ends at the moment.
const lockTimeout = time.Second

// openStore opens a file, and makes it where it is not there.
func openStore(path string, maxSize int64, now func() time.Time, ticks <-chan time.Time) (*front, error) {
	s := &store{path: path, now: now, turn: make(chan struct{}, 1)}
	s.maxSize.Store(maxSize)
	if err := guarded(s.open); err != nil {
		return nil, s.refuse(err)
	}
	f, err := openFront(s)
	if err != nil {
		return nil, errors.Join(s.refuse(err), s.db.Close())
	}
	f.sweepAt(ticks)
	return f, nil
}

// refuse says why a file cannot be opened, and what to do.
func (s *store) refuse(err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("opening %s: %w; give each its own path, or let them share a store that is a server", s.path, session.ErrInUse)
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
	case !info.Mode().IsRegular():
		return errors.New("it is a directory or a device, not a file")
	case info.Size() > 0:
		if err := inspect(s.path, info.Size()); err != nil {
			return err
		}
	}
	if s.db, _, err = openFile(s.path, &bbolt.Options{
		Timeout: lockTimeout,
		// The list of free pages would be written again with each transaction. Without it a file that was not closed is read through once.
		NoFreelistSync: true,
		FreelistType:   bbolt.FreelistMapType,
	}); err != nil {
		return err
	}
	if err = s.transact(prepare); err != nil {
		return errors.Join(err, s.db.Close())
	}
	syncDirectory(filepath.Dir(s.path))
	return nil
}

// openFile opens a file with bbolt, and leaves no lock behind where that stumbles over a damaged one.
func openFile(path string, o *bbolt.Options) (db *bbolt.DB, file *os.File, err error) {
	o.OpenFile = func(name string, flag int, mode os.FileMode) (*os.File, error) {
		file, err = os.OpenFile(name, flag, mode) //nolint:gosec // the operator names the file
		return file, err
	}
	defer func() {
		if db == nil && file != nil {
			_ = file.Close() // it may have been closed already
		}
	}()
	db, err = bbolt.Open(path, 0o600, o)
	return db, file, err
}

// prepare makes the buckets of a new file.
func prepare(tx *bbolt.Tx) (changed bool, err error) {
	if tx.Bucket(aboutBucket) != nil {
		return false, nil
	}
	for _, name := range [][]byte{recordsBucket, valuesBucket, aboutBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return false, err
		}
	}
	return true, tx.Bucket(aboutBucket).Put(formatKey, []byte(format))
}

// syncDirectory makes the name of a new file durable, where the system has that.
func syncDirectory(path string) {
	if directory, err := os.Open(path); err == nil { //nolint:gosec // the operator names it
		_ = directory.Sync()
		_ = directory.Close()
	}
}

// close closes the file.
func (s *store) close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.broken.Load() == nil {
		s.db.NoFreelistSync = false // the next one to open the file need not read it through
		if err := s.transact(markClosed); err != nil {
			return s.explain("closing", errors.Join(err, s.db.Close()))
		}
	}
	return s.explain("closing", s.db.Close())
}

func markClosed(tx *bbolt.Tx) (changed bool, err error) {
	return true, tx.Bucket(aboutBucket).Put(closedKey, binary.BigEndian.AppendUint64(nil, uint64(tx.ID())))
}
