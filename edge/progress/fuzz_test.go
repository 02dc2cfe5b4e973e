package progress

import (
	"testing"
	"time"
)

// FuzzParsePost: whatever a tablet sends is refused or within its bounds.
func FuzzParsePost(f *testing.F) {
	f.Add([]byte(`{"id":"0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9e","item":"ark:/99999/lf-adjectif-1","registration":"0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9f","segments":[[0,12.5],[20,31.2]],"position":31.2,"length":32,"at":"2026-09-14T08:05:00+02:00","captions":true}`))
	f.Add([]byte(`{"id":"0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9e","item":"x","registration":"0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9f","segments":[[1e308,-1]],"length":1e400}`))
	f.Add([]byte(`{"segments":[[0]]}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ParsePost(raw)
		if err != nil {
			return
		}
		if p.ID.IsZero() || p.Item == "" || p.Registration.IsZero() || p.At.IsZero() || p.Length <= 0 || p.Length > maxLength.Milliseconds() ||
			p.Position < 0 || p.Position > p.Length || len(p.Segments) > maxSegments {
			t.Fatalf("%+v", p)
		}
		for _, s := range p.Segments {
			if s[0] < 0 || s[0] >= s[1] || s[1] > p.Length {
				t.Fatalf("segment %v of a film of %d ms", s, p.Length)
			}
		}
		if covered := total(union(p.Segments)); covered > p.Length || span(total(p.Segments)) > 6*time.Hour {
			t.Fatalf("%d ms covered of %d", covered, p.Length)
		}
	})
}
