package bucket

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Memory is a bucket that lives as long as the process.
type Memory struct {
	mu      sync.Mutex
	objects map[string]entry
}

type entry struct {
	data []byte
	at   time.Time
}

var _ Bucket = (*Memory)(nil)

// NewMemory makes an empty one.
func NewMemory() *Memory { return &Memory{objects: map[string]entry{}} }

// Create implements Bucket.
func (m *Memory) Create(ctx context.Context, key string, data []byte) error {
	return m.put(ctx, key, data, true)
}

// Replace implements Bucket.
func (m *Memory) Replace(ctx context.Context, key string, data []byte) error {
	return m.put(ctx, key, data, false)
}

func (m *Memory) put(ctx context.Context, key string, data []byte, create bool) error {
	if err := checkPut(key, data); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, ok := m.objects[key]; ok && create {
		return exists(key, nil)
	}
	m.objects[key] = entry{bytes.Clone(data), time.Now()}
	return nil
}

// Get implements Bucket.
func (m *Memory) Get(ctx context.Context, key string) ([]byte, error) {
	e, err := m.find(ctx, key)
	return bytes.Clone(e.data), err
}

// Stat implements Bucket.
func (m *Memory) Stat(ctx context.Context, key string) (Info, error) {
	e, err := m.find(ctx, key)
	if err != nil {
		return Info{}, err
	}
	return Info{key, int64(len(e.data)), e.at}, nil
}

func (m *Memory) find(ctx context.Context, key string) (entry, error) {
	if err := ctx.Err(); err != nil {
		return entry{}, err
	}
	if err := CheckKey(key); err != nil {
		return entry{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.objects[key]
	if !ok {
		return entry{}, notFound(key, nil)
	}
	return e, nil
}

// List implements Bucket on the keys of the moment it starts.
func (m *Memory) List(ctx context.Context, prefix, after string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		m.mu.Lock()
		all := maps.Clone(m.objects)
		m.mu.Unlock()
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if !strings.HasPrefix(key, prefix) || key <= after {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(Info{}, err)
				return
			}
			if !yield(Info{key, int64(len(all[key].data)), all[key].at}, nil) {
				return
			}
		}
	}
}

// Remove deletes an object: what a store's administrator can do, and a box
// cannot. It is not part of Bucket.
func (m *Memory) Remove(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
}
