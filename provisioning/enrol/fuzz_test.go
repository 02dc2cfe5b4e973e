package enrol

import (
	"encoding/json"
	"testing"
)

// roundTrip checks that what a parser lets in it lets in again, the same.
func roundTrip[T any](t *testing.T, v T, parse func([]byte) (T, error)) {
	t.Helper()
	first, err := json.Marshal(v)
	if err != nil {
		t.Fatal("accepted but cannot be written: ", err)
	}
	again, err := parse(first)
	if err != nil {
		t.Fatalf("accepted, then refused: %v\n%s", err, first)
	}
	if second, err := json.Marshal(again); err != nil || string(second) != string(first) {
		t.Fatalf("changed by a round trip (%v):\n%s\n%s", err, first, second)
	}
}

func FuzzParseBundle(f *testing.F) {
	a, clock := newAuthority(f, "cd23")
	raw, err := json.Marshal(newBundle(f, a, clock))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"version":1,"config":{"uai":"0230001B"}}`))
	f.Add([]byte(`{"version":1}{}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if bundle, err := ParseBundle(b); err == nil {
			roundTrip(t, bundle, ParseBundle)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	a, clock := newAuthority(f, "cd23")
	r, err := request(f.TempDir(), newBundle(f, a, clock))
	if err != nil {
		f.Fatal(err)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"version":1,"token":"x","tls":"AA==","sign":"AA=="}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRequest(b)
		if err != nil {
			return
		}
		roundTrip(t, r, ParseRequest)
		// Whatever its keys are, no unknown token is answered.
		if string(b) != string(raw) && r.Token == "" {
			if _, err := (Local{a}).Grant(t.Context(), r); err == nil {
				t.Fatal("a request without a token was granted")
			}
		}
	})
}

func FuzzParseGrant(f *testing.F) {
	a, clock := newAuthority(f, "cd23")
	b := newBundle(f, a, clock)
	r, err := request(f.TempDir(), b)
	if err != nil {
		f.Fatal(err)
	}
	g, err := Local{a}.Grant(f.Context(), r)
	if err != nil {
		f.Fatal(err)
	}
	raw, err := json.Marshal(g)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"version":1,"tls":"-----BEGIN CERTIFICATE-----","sign":""}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		g, err := ParseGrant(text)
		if err != nil {
			return
		}
		roundTrip(t, g, ParseGrant)
		// It may be refused, and must not panic.
		_ = g.check(b, r)
	})
}
