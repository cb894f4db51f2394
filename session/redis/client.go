package redis

import (
	"context"
	_ "embed" // scripts
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/caddyserver/caddy/v2"
	goredis "github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

//go:embed write.lua
var writeLua string

//go:embed list.lua
var listLua string

var (
	writeScript = goredis.NewScript(writeLua)
	listScript  = goredis.NewScript(listLua)
)

// errForeign says that a key holds what no gateway has written.
var errForeign = errors.New("a record is not of the form that gateways write; does something else use the same key prefix?")

// connection is what a client needs of go-redis, for a single server, one that Sentinels name, and a cluster alike.
type connection interface {
	Process(ctx context.Context, cmd goredis.Cmder) error
	Subscribe(ctx context.Context, channels ...string) *goredis.PubSub
	Close() error
}

// client is what the handles of one configuration share.
type client struct {
	connection
	name    string // for errors
	prefix  string
	db      int
	timeout time.Duration
	silence error    // why an operation fails that takes too long
	secrets []string // not for errors
	feed    *feed
}

func newClient(s *settings) *client {
	quiet()
	c := &client{
		connection: s.connect(), name: s.name(), prefix: s.prefix, db: s.db, timeout: s.timeout,
		silence: errors.New("no answer within " + s.timeout.String()), secrets: []string{s.password, s.sentinelPassword},
	}
	c.feed = newFeed(c)
	return c
}

// Destruct implements caddy.Destructor.
func (c *client) Destruct() error {
	c.feed.close()
	return c.Close()
}

// once keeps go-redis from sending a command again: the first one may have been carried out although its reply was lost, and the second would
// then find that conditions do not hold anymore. ask knows when sending it again is safe.
type once struct{ goredis.Cmder }

// NoRetry implements goredis.Cmder.
func (once) NoRetry() bool { return true }

// pauses are waited before a command is sent again.
var pauses = [...]time.Duration{20 * time.Millisecond, 200 * time.Millisecond}

// ask sends a command and reads the reply, within the timeout. Where that fails, and again says that it does no harm, it is sent again.
func (c *client) ask(ctx context.Context, send func(context.Context) error, again func(error) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, c.timeout, c.silence)
	defer cancel()
	err := send(ctx)
	for _, pause := range pauses {
		if err == nil || !again(err) {
			break
		}
		c.reconsider(ctx)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
			err = send(ctx)
		}
	}
	var slow net.Error
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &slow) && slow.Timeout(): // a connection notices a moment earlier
		return c.silence
	default:
		return err
	}
}

// reconsider has the nodes of a cluster looked up again: another one may have taken the place of one that is gone.
func (c *client) reconsider(ctx context.Context) {
	if cluster, ok := c.connection.(*goredis.ClusterClient); ok {
		cluster.ReloadState(ctx)
	}
}

// notDone tells errors after which a command has certainly had no effect, and may have one in a moment.
func notDone(err error) bool {
	var dial *net.OpError
	if errors.As(err, &dial) && dial.Op == "dial" {
		return true
	}
	return goredis.IsLoadingError(err) || goredis.IsReadOnlyError(err) || goredis.IsClusterDownError(err) || goredis.IsTryAgainError(err) ||
		goredis.IsMasterDownError(err) || goredis.IsMaxClientsError(err)
}

// lost tells errors after which a command without effects is worth another try: the connection was closed, for example by a server that
// has been restarted.
func lost(err error) bool {
	return notDone(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE)
}

// strings sends a command that only reads.
func (c *client) strings(ctx context.Context, command func(context.Context) *goredis.StringSliceCmd) ([]string, error) {
	var reply *goredis.StringSliceCmd
	err := c.ask(ctx, func(ctx context.Context) error {
		reply = command(ctx)
		return c.Process(ctx, once{reply})
	}, lost)
	if err != nil {
		return nil, err
	}
	return reply.Val(), nil
}

// list runs the script that reads a range of an owner's records.
func (c *client) list(ctx context.Context, keys []string, args ...any) ([]string, error) {
	var reply *goredis.StringSliceCmd
	err := c.ask(ctx, func(ctx context.Context) error {
		return run(listScript, func(by ...any) error {
			reply = goredis.NewStringSliceCmd(ctx, call(by, keys, args)...)
			return c.Process(ctx, once{reply})
		})
	}, lost)
	if err != nil {
		return nil, err
	}
	return reply.Val(), nil
}

// write runs the script that makes a batch of changes. It says whether the conditions were met.
func (c *client) write(ctx context.Context, keys []string, args []any) (bool, error) {
	var reply *goredis.IntCmd
	err := c.ask(ctx, func(ctx context.Context) error {
		return run(writeScript, func(by ...any) error {
			reply = goredis.NewIntCmd(ctx, call(by, keys, args)...)
			return c.Process(ctx, once{reply})
		})
	}, notDone)
	return err == nil && reply.Val() == 1, err
}

// run calls a script by its digest, or where the server does not have it, as after a restart, in full.
func run(script *goredis.Script, send func(by ...any) error) error {
	err := send("evalsha", script.Hash())
	if goredis.HasErrorPrefix(err, "NOSCRIPT") {
		return send("eval", source(script))
	}
	return err
}

func source(script *goredis.Script) string {
	if script == listScript {
		return listLua
	}
	return writeLua
}

// call is the command that calls a script.
func call(by []any, keys []string, args []any) []any {
	whole := append(make([]any, 0, len(by)+1+len(keys)+len(args)), by...)
	whole = append(whole, len(keys))
	for _, key := range keys {
		whole = append(whole, key)
	}
	return append(whole, args...)
}

// base begins the names of all that belongs to an owner.
func (c *client) base(owner string) string { return c.prefix + "{" + owner + "}" }

// channel is where a topic is published. A server has one set of channels for all its databases.
func (c *client) channel(owner, topic string) string {
	return c.base(owner) + ":" + strconv.Itoa(c.db) + ":" + topic
}

// failure says which server failed at what. Servers may quote what they are sent.
func (c *client) failure(at string, err error) error {
	text := err.Error()
	for _, secret := range c.secrets {
		if secret != "" && strings.Contains(text, secret) {
			err = errors.New(strings.ReplaceAll(text, secret, "[redacted]"))
		}
	}
	return fmt.Errorf("%s: %s: %w", c.name, at, err)
}

// quiet has go-redis log as Caddy does, and only where details are wanted: it writes a line for each failed attempt, and what fails is told
// by errors. It has one logger for all who use it.
var quiet = sync.OnceFunc(func() { goredis.SetLogger(libraryLogger{}) })

type libraryLogger struct{}

// Printf implements go-redis's own interface.
func (libraryLogger) Printf(_ context.Context, format string, args ...any) {
	if entry := caddy.Log().Named(moduleID).Check(zap.DebugLevel, "go-redis"); entry != nil {
		entry.Write(zap.String("says", fmt.Sprintf(format, args...)))
	}
}

// logger is looked up each time: the client may live through several configurations.
func (c *client) logger() *zap.Logger {
	return caddy.Log().Named(moduleID).With(zap.String("server", c.name))
}
