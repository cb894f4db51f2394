package codexresponses_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// bubbleNet is a network within a bubble of synctest. Its connections are like those of TCP: they have a buffer of limited size in each
// direction, an end that comes after what was written before, resets that destroy what was not read, and deadlines. Nothing takes any time.
type bubbleNet struct {
	mu    sync.Mutex
	hosts map[string]*bubbleListener
}

// bufferSize is how much a connection holds that nobody has read, in each direction.
const bufferSize = 64 << 10

// listen makes a host.
func (n *bubbleNet) listen(address string) *bubbleListener {
	n.mu.Lock()
	defer n.mu.Unlock()
	const backlog = 1 << 10
	l := &bubbleListener{calls: make(chan net.Conn, backlog), closed: make(chan struct{})}
	if n.hosts == nil {
		n.hosts = make(map[string]*bubbleListener)
	}
	n.hosts[address] = l
	return l
}

// dial connects to a host.
func (n *bubbleNet) dial(ctx context.Context, _, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.hosts[address]
	n.mu.Unlock()
	if l == nil {
		return nil, refusedDial()
	}
	ours, theirs := newBubbleConns()
	select {
	case l.calls <- theirs:
		return ours, nil
	case <-l.closed:
		return nil, refusedDial()
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: ctx.Err()}
	}
}

func refusedDial() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// bubbleListener takes the connections to a host.
type bubbleListener struct {
	calls  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *bubbleListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.calls:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *bubbleListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *bubbleListener) Addr() net.Addr { return &net.TCPAddr{} }

// bubbleConn is one end of a connection.
type bubbleConn struct{ in, out *flow }

func newBubbleConns() (a, b *bubbleConn) {
	there, back := newFlow(), newFlow()
	return &bubbleConn{in: back, out: there}, &bubbleConn{in: there, out: back}
}

func (c *bubbleConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *bubbleConn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *bubbleConn) LocalAddr() net.Addr         { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 1} }

func (c *bubbleConn) RemoteAddr() net.Addr               { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 2), Port: 2} }
func (c *bubbleConn) SetReadDeadline(t time.Time) error  { c.in.readBy.set(c.in, t); return nil }
func (c *bubbleConn) SetWriteDeadline(t time.Time) error { c.out.writeBy.set(c.out, t); return nil }
func (c *bubbleConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// Close ends the connection. Where something was not read, that is told by a reset.
func (c *bubbleConn) Close() error {
	if unread := c.in.leave(); unread {
		c.out.end(syscall.ECONNRESET)
	} else {
		c.out.end(io.EOF)
	}
	return nil
}

// reset ends the connection, and destroys what the other end has not read yet.
func (c *bubbleConn) reset() {
	c.in.leave()
	c.out.end(syscall.ECONNRESET)
}

// flow is one direction of a connection.
type flow struct {
	mu      sync.Mutex
	moved   *sync.Cond
	data    bytes.Buffer
	err     error         // what the reader gets behind the data; nil while the writer is there
	over    chan struct{} // closed when the writer has gone
	left    bool          // the reader has gone
	deaf    bool          // what is written is lost
	readBy  limit
	writeBy limit
}

func newFlow() *flow {
	f := &flow{over: make(chan struct{})}
	f.moved = sync.NewCond(&f.mu)
	return f
}

func (f *flow) read(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		switch {
		case f.left:
			return 0, net.ErrClosed
		case f.readBy.passed():
			return 0, os.ErrDeadlineExceeded
		case f.data.Len() > 0:
			n, _ := f.data.Read(p)
			f.moved.Broadcast()
			return n, nil
		case errors.Is(f.err, io.EOF):
			return 0, io.EOF
		case f.err != nil:
			return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", f.err)}
		}
		f.moved.Wait()
	}
}

func (f *flow) write(p []byte) (written int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		room := bufferSize - f.data.Len()
		switch {
		case f.err != nil:
			return written, net.ErrClosed
		case f.left:
			return written, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
		case f.writeBy.passed():
			return written, os.ErrDeadlineExceeded
		case f.deaf, len(p) == 0:
			return written + len(p), nil
		case room > 0:
			n, _ := f.data.Write(p[:min(room, len(p))])
			p, written = p[n:], written+n
			f.moved.Broadcast()
			continue
		}
		f.moved.Wait()
	}
}

// end is the writer's going.
func (f *flow) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return
	}
	f.err = err
	if !errors.Is(err, io.EOF) {
		f.data = bytes.Buffer{}
	}
	close(f.over)
	f.moved.Broadcast()
}

// leave is the reader's going. It reports whether something was not read.
func (f *flow) leave() (unread bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	unread = f.data.Len() > 0
	f.left = true
	f.data = bytes.Buffer{}
	f.moved.Broadcast()
	return unread
}

// lose has the flow lose what is written from now on, as to a host that has been cut off.
func (f *flow) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deaf = true
}

// limit is the deadline of one side of a flow.
type limit struct {
	at    time.Time
	timer *time.Timer
}

func (l *limit) passed() bool { return !l.at.IsZero() && !time.Now().Before(l.at) }

func (l *limit) set(f *flow, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if l.timer != nil {
		l.timer.Stop()
	}
	l.at, l.timer = at, nil
	if !at.IsZero() {
		l.timer = time.AfterFunc(time.Until(at), f.wake)
	}
	f.moved.Broadcast()
}

func (f *flow) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moved.Broadcast()
}
