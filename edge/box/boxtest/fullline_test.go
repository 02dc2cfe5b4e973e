package boxtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"preau/internal/line/linetest"
)

const (
	lineMbit  = 24 // what the village's cable carries, and a film takes
	filmMbit  = 4
	filmFor   = 40 * time.Second
	stillMost = 500 * time.Millisecond // of a film that came in
)

// TestFullLine_FilmsGoOnAndTheNextWait has ten tablets in a network namespace
// begin, one after the other, a film of 4 Mbit/s that a box in another serves
// over a cable of 24: those that came in keep their pace and are never told to
// wait, the others are, and one of them comes in once a film has ended. That is
// promised where the box is told what the cable carries; where it sees it for
// itself (PREAU_LINKS=all), only that nobody who came in is told to wait.
func TestFullLine_FilmsGoOnAndTheNextWait(t *testing.T) {
	if _, err := exec.LookPath("tc"); err != nil {
		Must(t, "tc is missing: apt-get install iproute2")
	}
	t.Run("told", func(t *testing.T) { fullLine(t, lineMbit) })
	if os.Getenv("PREAU_LINKS") == "all" {
		t.Run("seen", func(t *testing.T) { fullLine(t, 0) })
	}
}

func fullLine(t *testing.T, told int) {
	v := newVillage(t)
	film := v.film(told)
	v.run("tc", "-n", v.room[0], "qdisc", "add", "dev", "pv0", "root", "tbf", "rate", fmt.Sprintf("%dmbit", lineMbit), "burst", "32kbit", "latency", "50ms")
	box := v.serve("box-1", v.room[0])

	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var class []*player
	end := sync.OnceFunc(func() { stop(); wg.Wait(); tell(t, class) })
	defer end()
	for i := range 10 {
		mine, leave := context.WithCancel(ctx)
		p := &player{film: film, name: fmt.Sprintf("tablet-%d", i), client: &http.Client{Transport: &http.Transport{DialContext: linetest.DialFrom(v.room[1])}}, leave: leave, was: time.Now()}
		class = append(class, p)
		wg.Go(func() { p.play(mine) })
		v.wait("an answer", box, func() bool { s := p.now(); return s.asked > 0 || s.fault != nil })
		time.Sleep(time.Second) // one after the other, as a class does
	}
	// those finds the tablets for which ok is true.
	those := func(among []*player, ok func(fared) bool) (found []*player) {
		for _, p := range among {
			if ok(p.now()) {
				found = append(found, p)
			}
		}
		return found
	}
	settled := func(s fared) bool { return s.in && s.played > 10*time.Second }
	if told == 0 {
		v.wait("a film that plays", box, func() bool { return len(those(class, settled)) > 0 })
		time.Sleep(filmFor / 2) // for what is seen to change
	} else {
		v.wait("films that play", box, func() bool { return len(those(class, settled)) >= 4 })
		playing, waiting := those(class, settled), those(class, func(s fared) bool { return !s.in && s.refused > 0 })
		if len(playing) > lineMbit/filmMbit || len(waiting) < 4 {
			t.Errorf("%d films of %d Mbit/s play on a line of %d, %d wait", len(playing), filmMbit, lineMbit, len(waiting))
		}
		playing[0].leave()
		v.wait("one that comes in after a film has ended", box, func() bool {
			return len(those(waiting, func(s fared) bool { return s.in && s.played > 5*time.Second })) > 0
		})
	}
	end()
	for i, p := range class {
		if s := p.now(); s.fault != nil {
			t.Errorf("tablet %d: %v", i, s.fault)
		}
	}
	for _, p := range class {
		if s := p.s; s.late > 0 || told > 0 && s.still > stillMost {
			t.Errorf("the film of %s was let in, then stood still for %v of %v, and was refused %d times", p.name, s.still, s.played, s.late)
		}
	}
}

// tell says how all films fare, in seconds since the first one began.
func tell(t *testing.T, class []*player) {
	t.Helper()
	first := class[0].now().begun
	since := func(at time.Time) float64 { return at.Sub(first).Seconds() }
	for _, p := range class {
		s := p.now()
		if s.begun.IsZero() {
			t.Logf("%s: told to wait %d times, %v", p.name, s.refused, s.fault)
			continue
		}
		t.Logf("%s: let in at %.1f, plays at %.1f, played %.1f s, stood still %.2f s, told to wait %d times (%d since it was let in), %.1f s ahead, %v",
			p.name, since(s.begun), since(s.plays), s.played.Seconds(), s.still.Seconds(), s.refused, s.late, s.ahead.Seconds(), s.fault)
		for _, still := range s.stills {
			t.Logf("  still at %.1f for %.2f s", since(still.at), still.length.Seconds())
		}
	}
}

// film fills box-1 with the sample and a film, and tells it what its line
// carries.
func (v *village) film(told int) film {
	v.t.Helper()
	dir := v.path("items/film")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		v.t.Fatal(err)
	}
	data := make([]byte, filmMbit*125_000*int(filmFor.Seconds()))
	_, _ = rand.Read(data) // cannot fail
	// The notice's reader looks for the boxes of a film, no further.
	at := 0
	for _, box := range []struct {
		name string
		size int
	}{{"ftyp", 16}, {"moov", 16}, {"mdat", len(data) - 32}} {
		binary.BigEndian.PutUint32(data[at:], uint32(box.size))
		copy(data[at+4:], box.name)
		at += box.size
	}
	notice := fmt.Sprintf(`{"id": "ark:/99999/film", "kind": "video", "title": "Un film", "lang": "fr", "service": "les-fondamentaux", "publisher": "preau-exemple",
		"duration_s": %d, "licence": "CC-BY-SA-4.0", "rights": {"display": "all", "download": "all"}, "valid_from": "2026-09-01",
		"assets": [{"role": "main", "lang": "fr", "mime": "video/mp4", "file": "film.mp4"}]}`, int(filmFor.Seconds()))
	v.write("items/film/film.mp4", data)
	v.write("items/film/item.json", []byte(notice))
	Publish(v.t, v.path("repo"), v.path("public"), v.path("items"))
	origin := httptest.NewServer(http.FileServer(http.Dir(v.path("public"))))
	defer origin.Close()
	v.run(v.bin, "provision", "authority", "init", v.path("cd23"), "--id", "cd23", "--name", "cd23")
	v.enrol("box-1", "cd23", origin.URL)
	box := v.serve("box-1", "")
	v.wait("the fill", box, func() bool { return v.missing("box-1") == 0 })
	box.stop(v.t)
	if told > 0 {
		v.configure("box-1", "link_mbit", told)
	}
	return film{fmt.Sprintf("http://10.78.0.1:8080/blobs/%x", sha256.Sum256(data)), int64(len(data)), filmMbit * 125_000}
}

func (v *village) write(name string, text []byte) {
	v.t.Helper()
	if err := os.WriteFile(v.path(name), text, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

// configure changes a line of a box's configuration.
func (v *village) configure(box, key string, value any) {
	v.t.Helper()
	name := filepath.Join(box, "config.json")
	var config map[string]any
	text, err := os.ReadFile(v.path(name))
	if err == nil {
		err = json.Unmarshal(text, &config)
	}
	if err != nil {
		v.t.Fatal(err)
	}
	config[key] = value
	if text, err = json.Marshal(config); err != nil {
		v.t.Fatal(err)
	}
	v.write(name, text)
}
