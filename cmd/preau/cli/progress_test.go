package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"preau"
	"preau/cmd/preau/cli"
)

func TestProgress_EventsAreALineEach(t *testing.T) {
	var people, events bytes.Buffer
	p := cli.NewProgress("export", &people, &events)
	p.Tell(preau.Progress{Files: 4, FilesDone: 1, Bytes: 100, BytesDone: 25, Rate: 50, ETA: 1.5})
	p.Tell(preau.Progress{Files: 4, FilesDone: 4, Bytes: 100, BytesDone: 100})
	p.End()
	want := `{"event":"progress","files":4,"files_done":1,"bytes":100,"bytes_done":25,"rate":50,"eta_s":1.5}
{"event":"progress","files":4,"files_done":4,"bytes":100,"bytes_done":100,"rate":0}
`
	if events.String() != want || people.Len() > 0 {
		t.Errorf("events %s\nand for people %q", events.String(), people.String())
	}
}

func TestProgress_AFileGetsNoBar(t *testing.T) {
	var people bytes.Buffer
	p := cli.NewProgress("export", &people, nil)
	p.Tell(preau.Progress{Files: 4, Bytes: 100})
	p.End()
	if strings.Contains(people.String(), "\x1b") || strings.Contains(people.String(), "\r") {
		t.Errorf("a log gets %q", people.String())
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 4_096: "4 kB", 1_500_000: "1.5 MB", 48_211_004: "48 MB", 2_300_000_000: "2.3 GB", 39_000_000_000: "39 GB"} {
		if got := cli.Bytes(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}
