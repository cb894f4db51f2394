package codexresponses

import (
	"context"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// accessLog sets the placeholders of an exchange and adds it to Caddy's access log.
type accessLog struct{}

func (accessLog) observe(ctx context.Context, r *Record) {
	if extra, ok := ctx.Value(caddyhttp.ExtraLogFieldsCtxKey).(*caddyhttp.ExtraLogFields); ok {
		extra.Set(zap.Object("codex_responses", r))
	}
	repl, ok := ctx.Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	if !ok {
		return
	}
	last := r.Last()
	for name, value := range map[string]any{
		"request_id":       r.ID,
		"endpoint":         r.Endpoint,
		"model":            r.Model,
		"route":            r.Route,
		"provider":         last.Provider,
		"upstream_model":   last.Model,
		"upstream_status":  last.Status,
		"key":              last.Key,
		"attempts":         len(r.Attempts),
		"causes":           causes(r.Attempts),
		"input_tokens":     r.Usage.Input,
		"cached_tokens":    r.Usage.Cached,
		"output_tokens":    r.Usage.Output,
		"reasoning_tokens": r.Usage.Reasoning,
		"first_event_ms":   milliseconds(r.Start, r.FirstEvent),
		"duration_ms":      milliseconds(r.Start, r.End),
		"finish":           r.Finish,
		"error_code":       r.ErrorCode,
	} {
		repl.Set("http.codex_responses."+name, value)
	}
}

// causes says why attempts failed, in their order.
func causes(attempts []Attempt) string {
	var all []string
	for i := range attempts {
		if cause := attempts[i].Cause; cause != "" {
			all = append(all, cause)
		}
	}
	return strings.Join(all, "; ")
}

// milliseconds between two times, 0 where the second has not come.
func milliseconds(from, to time.Time) float64 {
	if to.IsZero() {
		return 0
	}
	return float64(to.Sub(from).Microseconds()) / 1000
}

// MarshalLogObject writes the record as a log field. It holds no prompt text and no keys.
func (r *Record) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	last := r.Last()
	enc.AddString("request_id", r.ID)
	enc.AddString("endpoint", r.Endpoint)
	enc.AddBool("stream", r.Stream)
	enc.AddString("model", r.Model)
	enc.AddString("route", r.Route)
	enc.AddString("provider", last.Provider)
	enc.AddString("upstream_model", last.Model)
	if err := enc.AddArray("attempts", attempts(r.Attempts)); err != nil {
		return err
	}
	enc.AddInt64("input_tokens", r.Usage.Input)
	enc.AddInt64("cached_tokens", r.Usage.Cached)
	enc.AddInt64("output_tokens", r.Usage.Output)
	enc.AddInt64("reasoning_tokens", r.Usage.Reasoning)
	if r.Usage.Estimated {
		enc.AddBool("estimated", true)
	}
	if r.Repairs > 0 {
		enc.AddInt("repairs", r.Repairs)
	}
	if r.Truncated > 0 {
		enc.AddInt("truncated", r.Truncated)
	}
	if len(r.ToolsDropped) > 0 {
		zap.Strings("tools_dropped", r.ToolsDropped).AddTo(enc)
	}
	enc.AddFloat64("first_event_ms", milliseconds(r.Start, r.FirstEvent))
	enc.AddFloat64("duration_ms", milliseconds(r.Start, r.End))
	enc.AddString("finish", r.Finish)
	if r.ErrorCode != "" {
		enc.AddString("error_code", r.ErrorCode)
		enc.AddString("error", r.Error)
	}
	return nil
}

type attempts []Attempt

// MarshalLogArray implements zapcore.ArrayMarshaler.
func (as attempts) MarshalLogArray(enc zapcore.ArrayEncoder) error {
	for i := range as {
		if err := enc.AppendObject(&as[i]); err != nil {
			return err
		}
	}
	return nil
}

// MarshalLogObject implements zapcore.ObjectMarshaler.
func (a *Attempt) MarshalLogObject(enc zapcore.ObjectEncoder) error {
	enc.AddString("provider", a.Provider)
	enc.AddString("model", a.Model)
	if a.Key != "" {
		enc.AddString("key", a.Key)
	}
	enc.AddInt("status", a.Status)
	enc.AddFloat64("duration_ms", milliseconds(a.Start, a.End))
	if a.Cause != "" {
		enc.AddString("cause", a.Cause)
	}
	return nil
}
