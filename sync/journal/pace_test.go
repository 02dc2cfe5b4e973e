package journal

import (
	"testing"
	"time"
)

func TestPace_PiecesShrinkWhenSlowAndGrowWhenQuick(t *testing.T) {
	p := newPace(64, 128)
	for range 10 {
		p.took(time.Now().Add(-maxHold))
	}
	if p.n != 1 {
		t.Errorf("after slow pieces %d, want 1", p.n)
	}
	for range 40 {
		p.took(time.Now())
	}
	if p.n != 128 {
		t.Errorf("after quick pieces %d, want 128", p.n)
	}
}
