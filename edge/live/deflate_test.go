package live_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math"
	"runtime"
	"testing"

	"preau/edge/live/protocol"
)

// samples are real messages of a lesson, as the box writes them.
func samples(t testing.TB) map[string][][]byte {
	t.Helper()
	encode := func(m protocol.Message) []byte {
		text, err := protocol.Encode(m)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	show := &protocol.Stage{Launch: "01928f6e-5c1d-7a42-9d3b-1f2e3d4c5b6a", Item: "ark:/99999/lf-adjectif-1", Kind: "video", Title: "L'adjectif qualificatif",
		Position: 12.5, Playing: true, Rate: 1, At: 1790000000300, By: "Mme Garnier"}
	stroke := func(n int) protocol.Stroke {
		s := protocol.Stroke{ID: fmt.Sprintf("s%d", n), Tool: "pen", Color: "#d01c1c", Width: 0.004}
		for i := range 60 {
			x, y := 0.1+0.01*float64(i), 0.5+0.2*math.Sin(float64(i+n)/7)
			for _, v := range []float64{x, y, 0.5 + 0.3*math.Sin(float64(i))} {
				s.Points = append(s.Points, math.Round(v*10000)/10000)
			}
		}
		return s
	}
	state := &protocol.State{Boards: show, Pupils: show, Ink: []protocol.Layer{{Launch: show.Launch, To: protocol.ToAll}}}
	for n := range 60 {
		state.Ink[0].Strokes = append(state.Ink[0].Strokes, stroke(n))
	}
	class := &protocol.Presence{Full: true}
	for n := range 35 {
		class.Members = append(class.Members, protocol.Member{ID: fmt.Sprintf("p-%d", 1000+7*n), Role: protocol.RolePupil, Name: fmt.Sprintf("Prénom%d N.", n), Online: true,
			Item: show.Item, Position: float64(n) * 3.25, Playing: true, Progress: float64(n) / 40, Acked: 44, Seen: 1790000000000 + int64(n)*813, Group: "c-6b", Since: 1790000000000 - int64(n)*1913})
	}
	ink := stroke(3)
	ink.Points = ink.Points[:36]
	you := protocol.You{ID: "p-1007", Role: protocol.RolePupil, Name: "Inès B."}
	in := &protocol.Room{ID: "01928f6e-5c1d-7a42-9d3b-000000000001", Title: "Français", Group: "c-6b"}
	var mix [][]byte // a minute of a lesson, as a tablet hears it
	for n := range 60 {
		mix = append(mix, encode(&protocol.Inked{Seq: int64(n), To: protocol.ToAll, Launch: show.Launch, Strokes: []protocol.Stroke{ink}, More: true}))
		if n%20 == 0 {
			mix = append(mix, encode(&protocol.StageSet{Seq: int64(n), Why: "pause", To: protocol.ToAll, Stage: show}))
		}
		if n%4 == 0 {
			mix = append(mix, encode(&protocol.Pong{C: 1234567.125 + float64(n)*4000, Now: 1790000000000 + int64(n)*4000}))
		}
	}
	return map[string][][]byte{
		"welcome with 60 strokes": {encode(&protocol.Welcome{You: you, Now: 1790000000000, Ping: 4000, Room: in, Epoch: 1790000000000, Seq: 44, State: state})},
		"welcome with a film":     {encode(&protocol.Welcome{You: you, Now: 1790000000000, Ping: 4000, Room: in, Epoch: 1790000000000, Seq: 44, State: &protocol.State{Boards: show, Pupils: show}})},
		"presence of 35":          {encode(class)},
		"stage":                   {encode(&protocol.StageSet{Seq: 44, Why: "pause", To: protocol.ToAll, Stage: show})},
		"a minute of ink":         mix,
	}
}

// BenchmarkDeflate tells what permessage-deflate would give, with a window of
// its own for each message (as frames that are shared need) and with one that
// a connection keeps; docs/live-protocol.md has the figures and the decision.
func BenchmarkDeflate(b *testing.B) {
	for name, messages := range samples(b) {
		for _, kept := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/kept=%v", name, kept), func(b *testing.B) {
				var out bytes.Buffer
				raw := 0
				w, err := flate.NewWriter(&out, flate.BestSpeed)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					out.Reset()
					raw = 0
					for i, m := range messages {
						if i == 0 || !kept {
							w.Reset(&out)
						}
						raw += len(m)
						if _, err := w.Write(m); err != nil {
							b.Fatal(err)
						}
						if err := w.Flush(); err != nil {
							b.Fatal(err)
						}
					}
				}
				b.ReportMetric(float64(raw)/float64(len(messages)), "raw-B")
				b.ReportMetric(float64(out.Len())/float64(len(messages)), "deflated-B")
				b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(messages)), "us/message")
			})
		}
	}
	b.Run("memory of a writer and a reader", func(b *testing.B) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		keep := make([]any, 0, 200)
		for range 100 {
			w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
			if err != nil {
				b.Fatal(err)
			}
			r := flate.NewReader(bytes.NewReader(nil))
			keep = append(keep, w, r)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(keep)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/100/1024, "KiB/connection")
	})
}
