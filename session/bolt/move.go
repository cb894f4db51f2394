package bolt

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// openFront opens the journals of a file, and puts into it what is left of them.
func openFront(s *store) (*front, error) {
	f := &front{
		store: s, moved: make(chan struct{}),
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	if err := f.recover(); err != nil {
		f.closeJournals()
		return nil, err
	}
	f.young = newRecent(f.number)
	go f.run()
	return f, nil
}

func (f *front) closeJournals() {
	for _, j := range f.journals {
		if j != nil {
			_ = j.file.Close() // what it holds has been written
		}
	}
}

// recover puts into the file what a process that has ended early has left in the journals.
func (f *front) recover() error {
	type rest struct {
		number  uint64
		batches []owned
	}
	var rests []rest
	stored, err := f.lastJournal()
	if err != nil {
		return err
	}
	f.number = stored
	for i := range f.journals {
		j, err := openJournal(fmt.Sprintf("%s.journal%d", f.path, i))
		if err != nil {
			return err
		}
		f.journals[i] = j
		number, batches, err := j.read()
		if err != nil {
			return err
		}
		rests = append(rests, rest{number, batches})
		f.number = max(f.number, number)
	}
	slices.SortFunc(rests, func(a, b rest) int { return cmp.Compare(a.number, b.number) })
	for _, r := range rests {
		if r.number <= stored {
			continue // what emptied it did not come to pass
		}
		if err := f.put(r.batches, r.number); err != nil {
			return err
		}
	}
	for _, j := range f.journals {
		if err := j.empty(); err != nil {
			return err
		}
	}
	return f.begin(f.active)
}

// begin makes a journal ready to be written to, as the latest.
func (f *front) begin(i int) error {
	f.number++
	return f.journals[i].begin(f.number)
}

// put writes into the file the batches of the journal with a number.
func (f *front) put(batches []owned, number uint64) error {
	f.turn <- struct{}{}
	defer func() { <-f.turn }()
	return f.commit(batches, number)
}

// run puts into the file what is in the journals, until it is told to quit, and all of it then.
func (f *front) run() {
	defer close(f.done)
	pace := time.NewTimer(0)
	defer pace.Stop()
	for quitting := false; ; {
		if !quitting {
			select {
			case <-f.wake:
			case <-f.quit:
				quitting = true
			}
		}
		pace.Reset(gather)
		select {
		case <-pace.C:
		case <-f.hurry:
		case <-f.quit:
			quitting = true
		}
		again := f.step()
		switch {
		case quitting && !again:
			return
		case quitting:
			f.step() // once more, and what fails now is in the journal
			return
		case again:
			pace.Reset(tryAgain)
			select {
			case <-pace.C:
			case <-f.quit:
				quitting = true
			}
			nudge(f.wake)
		}
	}
}

// step puts into the file what there is. It reports whether that has to be tried again.
func (f *front) step() (again bool) {
	moving, err := f.turnOver()
	if err == nil && moving != nil {
		err = f.put(moving.batches, moving.number)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && moving != nil {
		err = f.journals[1-f.active].empty() // or a later process would put them over what came after them
	}
	f.failed = f.explain("writing to", err)
	if err == nil && moving != nil {
		f.moving = nil
		f.stored += uint64(len(moving.batches))
	}
	close(f.moved)
	f.moved = make(chan struct{})
	if len(f.young.batches) > 0 {
		nudge(f.wake) // the sign of these may have been taken for a failure
	}
	return err != nil
}

// turnOver makes the young batches those that are moved, and the other journal the active one. Those that could not be moved before come
// first.
func (f *front) turnOver() (*recent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.moving != nil || len(f.young.batches) == 0 {
		return f.moving, nil
	}
	if err := f.begin(1 - f.active); err != nil {
		return nil, errors.Join(err, f.journals[1-f.active].empty())
	}
	f.active = 1 - f.active
	f.moving, f.young = f.young, newRecent(f.number)
	return f.moving, nil
}

// Destruct implements caddy.Destructor: it closes the file.
func (f *front) Destruct() error {
	f.sweeper.end()
	close(f.quit)
	<-f.done
	f.mu.Lock()
	left := f.written - f.stored
	f.young = nil
	f.mu.Unlock()
	f.closeJournals()
	if left == 0 {
		for _, j := range f.journals {
			_ = os.Remove(j.file.Name()) // an empty one does no harm
		}
	}
	return f.close()
}
