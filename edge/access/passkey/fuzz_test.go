package passkey_test

import (
	"testing"
	"time"
)

// FuzzAnswers feeds what a browser would send to both ends: nothing that is
// not signed for a challenge of the box comes in, and nothing breaks it.
func FuzzAnswers(f *testing.F) {
	s := open(f)
	a := newAuthenticator(&testing.T{})
	offer, err := s.Offer(f.Context(), home, s.teacher)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(a.create(offer))
	f.Add(a.sign(s.Ask(home)))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVgA"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s.clock.add(30 * time.Second) // a try costs as much
		if got, err := s.enter(t, body, "10.0.0.1"); err == nil {
			t.Fatalf("came in as %+v", got)
		}
		if key, err := s.Add(t.Context(), home, s.other, "x", body); err == nil { // the seed's offer is to another
			t.Fatalf("added %+v", key)
		}
	})
}
