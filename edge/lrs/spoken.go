package lrs

import (
	"net/http"
	"sync"

	"preau/edge/lrs/xapi"
)

// spoken remembers which version each key spoke last: a request without the
// header is refused, and its refusal must name a version that its sender
// understands. Each version of the specification asks for its own.
type spoken struct {
	mu    sync.Mutex
	byKey map[string]xapi.Version
}

// maxSpoken bounds it; beyond, keys are forgotten and told of the newest.
const maxSpoken = 4096

// of is the version to answer a request in, before its header was read.
func (s *spoken) of(r *http.Request) xapi.Version {
	id, _, _ := r.BasicAuth()
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.byKey[id]; ok {
		return v
	}
	return xapi.V200
}

// note keeps what a key, known to be right, speaks.
func (s *spoken) note(id string, v xapi.Version) {
	if id == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byKey[id] == v {
		return
	}
	if s.byKey == nil || len(s.byKey) >= maxSpoken {
		s.byKey = map[string]xapi.Version{}
	}
	s.byKey[id] = v
}
