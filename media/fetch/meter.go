package fetch

import (
	"sync"
	"time"

	"preau"
	"preau/media/blob"
)

const (
	reportEvery = 100 * time.Millisecond
	rateWindow  = 2 * time.Second
)

// meter adds up what the transfers of a run bring, and tells it now and then.
type meter struct {
	report func(preau.Progress)

	mu    sync.Mutex
	p     preau.Progress
	here  map[blob.Digest]int64 // bytes of each unfinished want
	told  time.Time
	since time.Time // start of the window
	base  int64     // bytes done then
}

func newMeter(report func(preau.Progress), store *blob.Store, wants []Want) *meter {
	m := &meter{report: report, p: preau.Progress{Files: len(wants)}, here: map[blob.Digest]int64{}, since: time.Now()}
	for _, w := range wants {
		part := min(store.Partial(w.Digest), w.Size)
		m.here[w.Digest] = part
		m.p.Bytes += w.Size
		m.p.BytesDone += part
	}
	m.base = m.p.BytesDone
	return m
}

// at notes that off bytes of w are here.
func (m *meter) at(w Want, off int64) {
	if m == nil {
		return // nobody counts
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.BytesDone += off - m.here[w.Digest]
	m.here[w.Digest] = off
	m.tell(time.Now(), false)
}

// done notes that w is here, whole.
func (m *meter) done(w Want) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.BytesDone += w.Size - m.here[w.Digest]
	m.here[w.Digest] = w.Size
	m.p.FilesDone++
	m.tell(time.Now(), m.p.FilesDone == m.p.Files)
}

// flush tells where the run ended.
func (m *meter) flush() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tell(time.Now(), true)
}

func (m *meter) tell(now time.Time, must bool) {
	if window := now.Sub(m.since); window >= rateWindow || m.p.Rate == 0 && window >= reportEvery {
		m.p.Rate = max(0, float64(m.p.BytesDone-m.base)/window.Seconds())
		if window >= rateWindow {
			m.since, m.base = now, m.p.BytesDone
		}
	}
	if m.report == nil || !must && now.Sub(m.told) < reportEvery {
		return
	}
	m.told = now
	m.report(m.p)
}
