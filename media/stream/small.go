package stream

import (
	"container/list"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"

	"preau"
	"preau/media/blob"
)

// smallBlob is the largest kept in memory: posters, subtitles, pages of packs.
const smallBlob = 256 << 10

// small keeps small blobs in memory, least recently used out first: one write
// instead of open, stat, sendfile and close. They are verified once more on
// the way in, which costs less than reading them.
type small struct {
	limit int

	mu    sync.Mutex
	order *list.List // of *entry, most recent first
	index map[blob.Digest]*list.Element
	total int
}

type entry struct {
	d blob.Digest
	b []byte
}

func newSmall(limit int) *small {
	return &small{limit: limit, order: list.New(), index: map[blob.Digest]*list.Element{}}
}

func (s *small) open(store *blob.Store, d blob.Digest) (*content, error) {
	if b := s.get(d); b != nil {
		return &content{size: int64(len(b)), mem: b}, nil
	}
	f, info, err := store.Open(d)
	if err != nil {
		return nil, err
	}
	if info.Size() > smallBlob || info.Size() == 0 {
		return &content{size: info.Size(), file: f}, nil
	}
	defer f.Close()
	b := make([]byte, info.Size())
	if _, err := io.ReadFull(f, b); err != nil {
		return nil, fmt.Errorf("read blob: %w", err)
	}
	if sha256.Sum256(b) != d {
		err := preau.E(preau.Unavailable, "blob "+d.String()+" rotted on the disk", "It is fetched again with the next refresh; check the disk's health.", nil)
		return nil, errors.Join(err, store.Quarantine(d))
	}
	s.put(d, b)
	return &content{size: int64(len(b)), mem: b}, nil
}

func (s *small) get(d blob.Digest) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	el := s.index[d]
	if el == nil {
		return nil
	}
	s.order.MoveToFront(el)
	return el.Value.(*entry).b
}

func (s *small) put(d blob.Digest, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index[d] != nil {
		return
	}
	s.index[d] = s.order.PushFront(&entry{d, b})
	s.total += len(b)
	for s.total > s.limit {
		last := s.order.Remove(s.order.Back()).(*entry)
		delete(s.index, last.d)
		s.total -= len(last.b)
	}
}
