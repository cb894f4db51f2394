package codexresponses

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/caddy-codex/responses/fault"
	"github.com/caddy-codex/responses/media"
	"github.com/caddy-codex/responses/translate"
	"github.com/caddy-codex/responses/translate/dialect"
	"github.com/caddy-codex/responses/translate/jsonscan"
)

// Values of Handler.Fetch.
const (
	fetchPublic = "public"
	fetchAny    = "any"
	fetchOff    = "off"
)

func checkFetch(value string) error {
	if value == "" || slices.Contains([]string{fetchPublic, fetchAny, fetchOff}, value) {
		return nil
	}
	return fmt.Errorf("fetch is one of %s, %s, %s, not %q", fetchPublic, fetchAny, fetchOff, value)
}

// newFetcher makes what fetches images and files, nil where nothing may be.
func newFetcher(allowed string, now func() time.Time) *media.Fetcher {
	if allowed == fetchOff {
		return nil
	}
	return media.NewFetcher(media.Limits{Private: allowed == fetchAny}, now)
}

// attachments are the images and files of a request on the way to one target.
type attachments struct {
	media   translate.Media
	sizes   []int64
	wanted  []int    // ordinals of those to be fetched
	urls    []string // of those
	dialect *dialect.Dialect
}

// gather decides what an attempt's target gets of the request's images and files. What it reads as data alone is fetched, and what is more
// than it takes makes way, the oldest first. The error is the client's having gone away.
func (x *exchange) gather(req *translate.Request, a *attempt) *fault.Fault {
	if req.Media == 0 || a.media != nil {
		return nil
	}
	at := attachments{media: make(translate.Media, req.Media), sizes: make([]int64, req.Media), dialect: a.dialect}
	for i := range req.History {
		for j := range req.History[i].Parts {
			at.look(&req.History[i].Parts[j])
		}
	}
	if f := x.fetch(&at); f != nil {
		return f
	}
	at.keepWithin(int64(a.dialect.MediaBytes), a.dialect.MediaCount)
	a.media = at.media
	return nil
}

// look finds how a part can go to the target.
func (at *attachments) look(part *translate.Part) {
	if part.Kind == translate.TextPart {
		return
	}
	form := at.dialect.Images
	if part.Kind == translate.FilePart {
		form = at.dialect.Files
	}
	isData := bytes.HasPrefix(part.Text, []byte("data:"))
	switch {
	case form == "none":
		at.media[part.Ordinal].Omitted = true
	case isData, form == "url":
		at.sizes[part.Ordinal] = int64(len(part.Text))
	case bytes.HasPrefix(part.Text, []byte("http")):
		at.wanted = append(at.wanted, part.Ordinal)
		at.urls = append(at.urls, string(jsonscan.Unescape(nil, part.Text)))
	}
}

// fetch gets what stands behind URLs. What cannot be had is left out, for it would fail all later turns as well.
func (x *exchange) fetch(at *attachments) *fault.Fault {
	if len(at.urls) == 0 {
		return nil
	}
	if x.handler.fetcher == nil {
		for _, ordinal := range at.wanted {
			at.media[ordinal].Omitted = true
		}
		return nil
	}
	x.setIdle(true)
	results := x.handler.fetcher.Fetch(x.request.Context(), at.urls, at.dialect.ImageTypes...)
	x.setIdle(false)
	for i, result := range results {
		ordinal := at.wanted[i]
		var f *fault.Fault
		if errors.As(result.Err, &f) && f.Kind == fault.ClientGone {
			return f
		}
		if result.Err != nil {
			at.media[ordinal].Omitted = true
			x.handler.logger.Warn("an image or file is left out", zap.String("request_id", x.record.ID), zap.Error(result.Err))
			continue
		}
		at.media[ordinal].DataURL = result.DataURL
		at.sizes[ordinal] = int64(len(result.DataURL))
	}
	return nil
}

// keepWithin leaves out the oldest until the others are within the bounds; 0 is no bound.
func (at *attachments) keepWithin(size int64, count int) {
	if size == 0 && count == 0 {
		return
	}
	var sum int64
	kept := 0
	for i := len(at.media) - 1; i >= 0; i-- {
		m := &at.media[i]
		if m.Omitted {
			continue
		}
		if full := size > 0 && sum+at.sizes[i] > size || count > 0 && kept == count; full {
			for j := range at.media[:i+1] {
				at.media[j] = translate.Medium{Omitted: true}
			}
			return
		}
		sum += at.sizes[i]
		kept++
	}
}
