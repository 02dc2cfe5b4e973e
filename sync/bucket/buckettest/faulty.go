package buckettest

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"sync"

	"preau"
	"preau/sync/bucket"
)

// Faulty is a store on a bad day, by the dice of one seed. Each field is a
// probability per operation.
type Faulty struct {
	bucket.Bucket
	LostRequest float64 // the request never arrives
	LostAck     float64 // it is executed, the answer never arrives
	SlowDown    float64 // 503
	Truncated   float64 // a read ends early, unseen
	ListLag     float64 // a key is missing from a listing
	Torn        float64 // a create is acknowledged, and half of it kept

	mu   sync.Mutex
	dice *rand.Rand
	down bool
	// Count tells what happened, so that a test can see that it did.
	Count struct{ Ops, Lost, LostAcks, Slow, Truncated, Lagged, Torn int }
}

// NewFaulty wraps a bucket that other parties use directly.
func NewFaulty(b bucket.Bucket, seed uint64) *Faulty {
	return &Faulty{Bucket: b, dice: rand.New(rand.NewPCG(seed, 1))}
}

// SetDown cuts or mends the line.
func (f *Faulty) SetDown(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

var errFault = errors.New("fault of the test")

func (f *Faulty) roll(p float64, count *int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p > 0 && f.dice.Float64() < p {
		*count++
		return true
	}
	return false
}

// before fails an operation that never reaches the store.
func (f *Faulty) before() error {
	f.mu.Lock()
	f.Count.Ops++
	down := f.down
	f.mu.Unlock()
	switch {
	case down || f.roll(f.LostRequest, &f.Count.Lost):
		return preau.E(preau.Unavailable, "the store does not answer", "", errFault)
	case f.roll(f.SlowDown, &f.Count.Slow):
		return preau.E(preau.Unavailable, "the store says slow down", "", errFault)
	}
	return nil
}

// after loses the answer of an operation that took place.
func (f *Faulty) after(err error) error {
	if err == nil && f.roll(f.LostAck, &f.Count.LostAcks) {
		return preau.E(preau.Unavailable, "the connection was cut", "", errFault)
	}
	return err
}

// Create implements bucket.Bucket.
func (f *Faulty) Create(ctx context.Context, key string, data []byte) error {
	if err := f.before(); err != nil {
		return err
	}
	if f.roll(f.Torn, &f.Count.Torn) {
		data = data[:len(data)/2]
	}
	return f.after(f.Bucket.Create(ctx, key, data))
}

// Replace implements bucket.Bucket.
func (f *Faulty) Replace(ctx context.Context, key string, data []byte) error {
	if err := f.before(); err != nil {
		return err
	}
	return f.after(f.Bucket.Replace(ctx, key, data))
}

// Get implements bucket.Bucket.
func (f *Faulty) Get(ctx context.Context, key string) ([]byte, error) {
	if err := f.before(); err != nil {
		return nil, err
	}
	b, err := f.Bucket.Get(ctx, key)
	if err == nil && len(b) > 0 && f.roll(f.Truncated, &f.Count.Truncated) {
		b = b[:len(b)/2]
	}
	return b, err
}

// Stat implements bucket.Bucket.
func (f *Faulty) Stat(ctx context.Context, key string) (bucket.Info, error) {
	if err := f.before(); err != nil {
		return bucket.Info{}, err
	}
	return f.Bucket.Stat(ctx, key)
}

// List implements bucket.Bucket.
func (f *Faulty) List(ctx context.Context, prefix, after string) iter.Seq2[bucket.Info, error] {
	return func(yield func(bucket.Info, error) bool) {
		if err := f.before(); err != nil {
			yield(bucket.Info{}, err)
			return
		}
		for info, err := range f.Bucket.List(ctx, prefix, after) {
			if err == nil && f.roll(f.ListLag, &f.Count.Lagged) {
				continue
			}
			if !yield(info, err) {
				return
			}
		}
	}
}
