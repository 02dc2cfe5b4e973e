package rate_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"preau/edge/live/protocol"
	"preau/edge/live/rate"
)

func TestTake_GivesTheReserveThenTheRate(t *testing.T) {
	for name, c := range map[string]struct {
		m             protocol.Message
		each, reserve int
	}{
		"hello": {&protocol.Hello{}, 1, 4}, "ping": {&protocol.Ping{}, 2, 10}, "commands": {&protocol.Open{}, 20, 40},
		"status, ack and answer": {&protocol.Answer{}, 5, 20}, "hand, share and ready": {&protocol.Share{}, 2, 6},
		"ink and rub": {&protocol.Draw{}, 30, 90}, "point": {&protocol.Point{}, 60, 120},
	} {
		var b rate.Buckets
		taken := func(now int64) (n int) {
			for b.Take(rate.Of(c.m), now) {
				n++
			}
			return n
		}
		if n := taken(1 << 33); n != c.reserve { // a clock that has wrapped
			t.Errorf("%s: %d at once, want %d", name, n, c.reserve)
		}
		if n := taken(1<<33 + 1000); n != c.each {
			t.Errorf("%s: %d a second, want %d", name, n, c.each)
		}
		doc, err := os.ReadFile("../../../docs/live-protocol.md")
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%s %d (%d)", name, c.each, c.reserve); !strings.Contains(string(doc), want) {
			t.Errorf("the protocol's page lacks %q", want)
		}
	}
}

func TestTake_RefusalsAreForgotten(t *testing.T) {
	var b rate.Buckets
	now := int64(0)
	for i := range 500 { // one now and then, all day long
		if now += 3000; !b.Take(rate.Refusal, now) {
			t.Fatalf("refusal %d sends the peer away", i)
		}
	}
	n := 0
	for b.Take(rate.Refusal, now) {
		n++
	}
	if n != 49 {
		t.Errorf("%d more at once are borne, want 49", n)
	}
}
