package codexresponses

import (
	"maps"
	"net/http"
	"sync"
)

// client is the client's side of an exchange: a response writer that swallows what failed attempts would write, and whose head can be
// written before the reverse proxy does.
//
// Besides the exchange, the heartbeat writes to it, and the reverse proxy flushes the head from a timer of its own.
type client struct {
	http.ResponseWriter
	own    http.Header // the exchange's: it reaches the client with the head, whoever writes that
	header http.Header // what the reverse proxy sees, anew for each attempt: it reaches the client if the proxy writes the head

	mu        sync.Mutex
	mute      bool // the attempt failed, so nothing of it is for the client
	committed bool // the head was written
}

func newClient(w http.ResponseWriter) *client {
	return &client{ResponseWriter: w, own: make(http.Header), header: make(http.Header)}
}

// Header implements http.ResponseWriter.
func (c *client) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter. Informational answers of upstreams are not passed on.
func (c *client) WriteHeader(status int) {
	if status < 200 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeHead(status)
}

func (c *client) writeHead(status int) {
	if c.mute || c.committed {
		return
	}
	maps.Copy(c.ResponseWriter.Header(), c.header)
	c.commit(status)
}

func (c *client) commit(status int) {
	c.committed = true
	maps.Copy(c.ResponseWriter.Header(), c.own)
	c.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (c *client) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mute {
		return len(p), nil
	}
	c.writeHead(http.StatusOK)
	return c.ResponseWriter.Write(p)
}

// FlushError implements the interface of http.ResponseController.
func (c *client) FlushError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mute {
		return nil
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap implements the interface of http.ResponseController.
func (c *client) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// send writes and flushes, past the reverse proxy.
func (c *client) send(p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mute = false
	if !c.committed {
		c.commit(http.StatusOK)
	}
	if _, err := c.ResponseWriter.Write(p); err == nil {
		_ = http.NewResponseController(c.ResponseWriter).Flush() // the client is gone, which the next read of the upstream tells
	}
}

// silence says whether what follows is for the client.
func (c *client) silence(mute bool) {
	c.mu.Lock()
	c.mute = mute
	c.mu.Unlock()
}

// begun reports whether the client has been sent the head of a reply.
func (c *client) begun() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.committed
}
