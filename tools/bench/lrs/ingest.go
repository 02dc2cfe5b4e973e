package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	writers = 32
	rounds  = 3
	length  = 2 * time.Second
)

// ingest measures durable statements a second, one by one or size at a time:
// parsed, checked, stored and indexed, each batch acknowledged before its
// writer's next; against the same bytes in a plain log with one fsync a group.
// With web both stand behind HTTP on the loopback.
func ingest(ctx context.Context, dir string, size int, web bool, goal float64, say func(string, ...any)) error {
	name := fmt.Sprintf("lrs/ingest-%d", size)
	note := "peer: the same bytes in a plain log, CRC-32C, group fsync, neither read nor indexed"
	if web {
		name, note = fmt.Sprintf("lrs/http-ingest-%d", size), note+", behind HTTP too"
	}
	var ours, peer []float64
	for round := range rounds {
		sub := filepath.Join(dir, fmt.Sprintf("%s-%d", filepath.Base(name), round))
		if err := os.Mkdir(sub, 0o700); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
		n, err := measureStore(ctx, sub, size, web)
		if err != nil {
			return err
		}
		ours = append(ours, n)
		if n, err = measureLog(ctx, filepath.Join(sub, "log"), size, web); err != nil {
			return err
		}
		peer = append(peer, n)
	}
	slices.Sort(ours)
	slices.Sort(peer)
	a, p := ours[rounds/2], peer[rounds/2]
	sayBench(say, name, fmt.Sprintf("%.0f/s", a), fmt.Sprintf("%.0f/s", p), a/p, fmt.Sprintf("%.2f", goal), a/p >= goal, note)
	return nil
}

func measureStore(ctx context.Context, dir string, size int, web bool) (float64, error) {
	b, err := openBox(ctx, dir, time.Now())
	if err != nil {
		return 0, err
	}
	defer b.db.Close()
	if !web {
		return drive(size, func(texts [][]byte) error { return b.put(ctx, texts) })
	}
	handler, login, err := b.face(ctx)
	if err != nil {
		return 0, err
	}
	return driveHTTP(ctx, size, handler, login)
}

func measureLog(ctx context.Context, path string, size int, web bool) (float64, error) {
	l, err := openLog(path)
	if err != nil {
		return 0, err
	}
	defer l.close()
	if !web {
		return drive(size, func(texts [][]byte) error { return l.append(slices.Concat(texts...)) })
	}
	return driveHTTP(ctx, size, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = l.append(body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}), nil)
}

// driveHTTP posts to a server on the loopback, a connection a writer.
func driveHTTP(ctx context.Context, size int, handler http.Handler, login *url.Userinfo) (float64, error) {
	srv := httptest.NewServer(handler)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}}
	defer client.CloseIdleConnections()
	return drive(size, func(texts [][]byte) error {
		body := slices.Concat([]byte("["), bytes.Join(texts, []byte(",")), []byte("]"))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+"/xapi/statements", bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Experience-API-Version", "1.0.3")
		if login != nil {
			password, _ := login.Password()
			req.SetBasicAuth(login.Username(), password)
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		answer, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %.200s", res.Status, answer)
		}
		return err
	})
}

// drive runs the writers for a fixed time and returns statements a second.
func drive(size int, write func(texts [][]byte) error) (float64, error) {
	counts, errs := make([]int, writers), make([]error, writers)
	start := time.Now()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			s := newSchool(uint64(w)+10, time.Now(), wholeYear)
			for time.Since(start) < length {
				texts := make([][]byte, size)
				for i := range texts {
					texts[i] = s.next().raw
				}
				if errs[w] = write(texts); errs[w] != nil {
					return
				}
				counts[w] += size
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	total := 0
	for w, err := range errs {
		if err != nil {
			return 0, err
		}
		total += counts[w]
	}
	return float64(total) / took.Seconds(), nil
}
