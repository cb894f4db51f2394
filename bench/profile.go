package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// profileTime is how long each load is profiled.
const profileTime = 6 * time.Second

// profile writes CPU profiles of both sides under each load of one wire, and heap profiles with the idle streams open, into dir.
// It uses processes of their own: the admin endpoint that serves profiles is off while measuring.
func (b *bench) profile(ctx context.Context, w *wire, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	servers, stop, err := b.start(ctx, true)
	if err != nil {
		return err
	}
	defer stop()

	for _, v := range servers {
		if err := b.profileCPU(ctx, v, w, dir); err != nil {
			return err
		}
		name := filepath.Join(dir, v.name+"-"+w.name+"-")
		closeAll := b.openIdle(ctx, v.target(w, idleModel))
		file := name + idleModel + ".heap.pprof"
		err := fetchProfile(ctx, v, "heap?gc=1", file)
		closeAll()
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "go tool pprof -top -sample_index=inuse_space", file)
	}
	return nil
}

// profileCPU writes a CPU profile of a server under each load of a wire.
func (b *bench) profileCPU(ctx context.Context, v *server, w *wire, dir string) error {
	for _, l := range w.loads() {
		file := filepath.Join(dir, v.name+"-"+w.name+"-"+l.model+".cpu.pprof")
		seconds := fmt.Sprintf("profile?seconds=%d", int(profileTime.Seconds()))
		fetched := make(chan error, 1)
		go func() { fetched <- fetchProfile(ctx, v, seconds, file) }()
		load(ctx, v.target(w, l.model), l.connections, profileTime+time.Second, &b.failed)
		if err := <-fetched; err != nil {
			return err
		}
		fmt.Fprintln(os.Stderr, "go tool pprof -top", file)
	}
	return nil
}

func fetchProfile(ctx context.Context, v *server, what, file string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+v.admin+"/debug/pprof/"+what, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("fetching %s: status %s", request.URL, response.Status)
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, response.Body); err != nil {
		return err
	}
	return out.Close()
}
