package telemetry_test

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"preau/internal/telemetry"
)

func TestRing_KeepsTheLastLinesInOrder(t *testing.T) {
	ring := telemetry.NewRing(3)
	log := telemetry.NewLogger(io.Discard, ring, slog.LevelInfo)
	for i := range 5 {
		log.Info("line", "n", i)
	}
	log.Debug("unheard")
	got := ring.Lines()
	if len(got) != 3 {
		t.Fatalf("kept %d lines, want 3", len(got))
	}
	for i, line := range got {
		if want := fmt.Sprintf("n=%d", i+2); !strings.Contains(line, want) {
			t.Errorf("line %d is %q, want %s", i, line, want)
		}
	}
}

func TestWriteText_OneHeaderAFamily(t *testing.T) {
	var r telemetry.Registry
	r.Counter(`preau_requests_total{class="2xx"}`, "Requests answered.").Add(3)
	r.Counter(`preau_requests_total{class="5xx"}`, "Requests answered.")
	r.Counter(`preau_requests_total{class="2xx"}`, "Requests answered.").Add(4) // the same one
	r.Gauge("preau_disk_free_bytes", "Free space.", func() float64 { return 42 })
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	want := `# HELP preau_disk_free_bytes Free space.
# TYPE preau_disk_free_bytes gauge
preau_disk_free_bytes 42
# HELP preau_requests_total Requests answered.
# TYPE preau_requests_total counter
preau_requests_total{class="2xx"} 7
preau_requests_total{class="5xx"} 0
`
	if b.String() != want {
		t.Fatalf("got\n%s\nwant\n%s", b.String(), want)
	}
}
