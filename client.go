package codexresponses

import (
	"maps"
	"net/http"
)

// client is the client's side of an exchange: a response writer that swallows what failed attempts would write, and whose head can be
// written before the reverse proxy does.
type client struct {
	http.ResponseWriter
	own       http.Header // the exchange's: it reaches the client with the head, whoever writes that
	header    http.Header // what the reverse proxy sees, anew for each attempt: it reaches the client if the proxy writes the head
	mute      bool        // the attempt failed, so nothing of it is for the client
	committed bool        // the head was written
	done      bool        // the exchange has ended
}

func newClient(w http.ResponseWriter) *client {
	return &client{ResponseWriter: w, own: make(http.Header), header: make(http.Header)}
}

// Header implements http.ResponseWriter.
func (c *client) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter. Informational answers of upstreams are not passed on; they come while the heartbeat may be
// writing.
func (c *client) WriteHeader(status int) {
	if status < 200 || c.mute || c.committed {
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
	if c.mute {
		return len(p), nil
	}
	c.WriteHeader(http.StatusOK)
	return c.ResponseWriter.Write(p)
}

// FlushError implements the interface of http.ResponseController.
func (c *client) FlushError() error {
	if c.mute {
		return nil
	}
	return http.NewResponseController(c.ResponseWriter).Flush()
}

// Unwrap implements the interface of http.ResponseController.
func (c *client) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// send writes and flushes, past the reverse proxy.
func (c *client) send(p []byte) {
	c.mute = false
	if !c.committed {
		c.commit(http.StatusOK)
	}
	if _, err := c.Write(p); err == nil {
		_ = c.FlushError() // the client is gone, which the next read of the upstream tells
	}
}
