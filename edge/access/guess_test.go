package access_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/directory/demo"
)

// tried reports whether a code was really compared.
func tried(err error) bool { return preau.KindOf(err) == preau.Unauthorized }

func TestGuess_ThirtyTabletsAllDay(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(minute, device int) int{
		"all on one pupil":         func(int, int) int { return 0 },
		"each pupil in their turn": func(minute, device int) int { return 2 + (minute*8+device/4)%28 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			guessAllDay(t, target)
		})
	}
}

// guessAllDay lets thirty tablets try, each when it has a token again, for a
// school day, while another pupil's lessons go on.
func guessAllDay(t *testing.T, target func(minute, device int) int) {
	s := open(t)
	codes := map[string]access.Credential{}
	for _, p := range s.pupils {
		codes[p.ID] = s.issue(t, p.ID)
	}
	honest, me := newBrowser(t, 500), s.pupils[1].ID
	if _, err := honest.pupil(s, me, codes[me].Secret); err != nil {
		t.Fatal(err)
	}
	on, all, most := map[string]int{}, 0, 0
	for minute := range 600 {
		s.clock.add(time.Minute)
		for i := range 30 {
			if minute > 20 && (minute+i)%4 != 0 {
				continue // out of tokens
			}
			pid := s.pupils[target(minute, i)].ID
			_, err := newBrowser(t, i).pupil(s, pid, wrong(codes[pid]))
			if err == nil {
				t.Fatal("a wrong code opened a session")
			}
			if tried(err) {
				all++
				on[pid]++
				most = max(most, on[pid])
			}
		}
		if minute%60 == 59 {
			if _, err := honest.pupil(s, me, codes[me].Secret); err != nil {
				t.Fatalf("minute %d: an honest pupil is locked out: %v", minute, err)
			}
		}
	}
	t.Logf("30 devices in 10 h: %d codes tried, at most %d on one pupil", all, most)
	if most >= 140 || all >= 10_000 || most == 0 {
		t.Fatalf("%d tries on one pupil and %d in all", most, all)
	}
	victim := s.pupils[target(599, 0)].ID
	for i := range 5 {
		_, _ = newBrowser(t, 600+i).pupil(s, victim, wrong(codes[victim])) // the wait starts anew
	}
	_, err := honest.pupil(s, victim, codes[victim].Secret)
	if wait, ok := access.WaitOf(err); preau.KindOf(err) != preau.RateLimited || !ok || wait <= 0 || wait > 5*time.Minute {
		t.Fatalf("%v (%v), want the pupil to wait", err, wait)
	}
	if err := s.Lift(t.Context(), victim); err != nil {
		t.Fatal(err)
	}
	if _, err := honest.pupil(s, victim, codes[victim].Secret); err != nil {
		t.Fatalf("after the teacher lifted the wait: %v", err)
	}
}

func TestGuess_OneDeviceThatForgetsItsCookies(t *testing.T) {
	s := open(t)
	own := s.issue(t, s.pupils[0].ID)
	var targets []string
	for _, p := range s.pupils[1:] {
		s.issue(t, p.ID)
		targets = append(targets, p.ID)
	}
	// The guesser has an account and makes devices known with it, over and over.
	count := 0
	for i := range 40 {
		b := newBrowser(t, 1)
		if i%4 == 0 {
			if _, err := b.pupil(s, s.pupils[0].ID, own.Secret); err != nil {
				break // its own slips have locked the address
			}
		}
		for j := range 20 {
			_, err := b.pupil(s, targets[(i*20+j)%len(targets)], "0000")
			if err == nil || tried(err) {
				count++
			}
		}
	}
	if count > 20+6*11 {
		t.Fatalf("%d tries at once from one address", count)
	}
}

func TestGuess_ParallelTriesCountOneByOne(t *testing.T) {
	s := open(t)
	pid := s.pupils[0].ID
	c := s.issue(t, pid)
	var wg sync.WaitGroup
	var mu sync.Mutex
	count := 0
	for i := range 40 {
		wg.Go(func() {
			if _, err := newBrowser(t, i).pupil(s, pid, wrong(c)); tried(err) {
				mu.Lock()
				count++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if count != 4 {
		t.Fatalf("%d tries passed at once, want three free and the one that starts the wait", count)
	}
	s.clock.add(11 * time.Second)
	if _, err := newBrowser(t, 99).pupil(s, pid, c.Secret); err != nil {
		t.Fatalf("after the wait: %v", err)
	}
	states, err := s.Codes(t.Context(), sessionGroup(t, s, pid, c))
	if err != nil || states[0].Failures != 0 || states[0].Issued.IsZero() || !states[1].Issued.IsZero() {
		t.Fatalf("%+v, %v", states[:2], err)
	}
}

func sessionGroup(t *testing.T, s *school, pid string, c access.Credential) string {
	t.Helper()
	in, err := newBrowser(t, 98).pupil(s, pid, c.Secret)
	if err != nil {
		t.Fatal(err)
	}
	return in.Group
}

func TestGuess_TeacherIsNotLockedOut(t *testing.T) {
	s := open(t)
	c := s.issue(t, s.staff(t, demo.TeacherFrench).ID)
	hers := newBrowser(t, 1)
	if _, err := hers.adult(s, c.Login, c.Secret); err != nil {
		t.Fatal(err)
	}
	refused, compared := 0, 0
	pupil := &browser{t: t, address: hers.address, cookies: map[string]*http.Cookie{}} // behind the same access point
	for range 10_000 {
		_, err := pupil.adult(s, c.Login, "abeille abricot accord acier acteur")
		switch {
		case err == nil:
			t.Fatal("guessed")
		case tried(err):
			compared++
		default:
			refused++
		}
	}
	if compared > 10 || refused != 10_000-compared {
		t.Fatalf("%d compared, %d refused", compared, refused)
	}
	if _, err := hers.adult(s, c.Login, c.Secret); err != nil {
		t.Fatalf("the teacher is locked out: %v", err)
	}
}

func TestIssueMissing_GivesCardsToTheOnesWithout(t *testing.T) {
	s := open(t)
	first := s.issue(t, s.pupils[3].ID)
	class := sessionGroup(t, s, s.pupils[3].ID, first)
	cards, err := s.IssueMissing(t.Context(), class)
	if err != nil || len(cards) != 29 {
		t.Fatalf("%d cards, %v", len(cards), err)
	}
	if again, err := s.IssueMissing(t.Context(), class); err != nil || len(again) != 0 {
		t.Fatalf("%d cards the second time, %v", len(again), err)
	}
	different := map[string]bool{}
	for _, c := range cards {
		different[fmt.Sprint(c.Secret)] = true
	}
	if len(different) < 25 {
		t.Fatalf("29 cards, %d codes", len(different))
	}
}
