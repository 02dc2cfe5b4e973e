package pairing_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/live/pairing"
)

func TestRemembered_IsTakenInItsRoomOnly(t *testing.T) {
	b := newBox(t)
	wall, ctx := b.board(), t.Context()
	_, shown := b.post(wall, "/live/boards", "", "{}")
	if err := b.p.Approve(ctx, shown.Board, "Salle 204"); err == nil {
		t.Error("a board that no teacher ever claimed is approved")
	}
	b.expect("claim", b.claim("t1", shown.Code), 200)
	if _, err := b.p.Take(ctx, shown.Board, "r1", "204", "t1"); err == nil {
		t.Error("a board that nobody approved is taken")
	}
	for _, bad := range []string{"", "   ", strings.Repeat("a", 61), "Salle\n204"} {
		if err := b.p.Approve(ctx, shown.Board, bad); err == nil {
			t.Errorf("the place %q is approved", bad)
		}
	}
	if err := b.p.Approve(ctx, shown.Board, "Salle 204"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.p.Take(ctx, shown.Board, "r1", "112", "t1"); err == nil {
		t.Error("it is taken for a lesson of another room")
	}
	if _, err := b.p.Take(ctx, shown.Board, "r1", "", "t1"); err == nil {
		t.Error("it is taken for a lesson of no room")
	}
	if _, err := b.p.Take(ctx, shown.Board, "r1", "204", "p1"); err == nil {
		t.Error("somebody who does not teach takes it")
	}
	taken, err := b.p.Take(ctx, shown.Board, "r1", " salle  204", "t1")
	if err != nil || taken.Place != "Salle 204" || b.rooms.moved[shown.Board] != "r1" {
		t.Errorf("taken: %+v %v", taken, err)
	}
	known, err := b.p.Known(ctx)
	if err != nil || len(known) != 1 || !known[0].IsRemembered || known[0].Room != "r1" {
		t.Errorf("known: %+v %v", known, err)
	}
	if err := b.p.Forget(ctx, shown.Board); err != nil {
		t.Fatal(err)
	}
	if known, err = b.p.Known(ctx); err != nil || len(known) != 0 {
		t.Errorf("still known: %+v %v", known, err)
	}
	if at, err := b.p.At(ctx, "204"); err != nil || len(at) != 0 {
		t.Errorf("still in its room: %+v %v", at, err)
	}
}

func TestRemembered_NoClaimMovesIt(t *testing.T) {
	b := newBox(t)
	wall := b.board()
	_, shown := b.post(wall, "/live/boards", "", "{}")
	b.expect("claim", b.claim("t1", shown.Code), 200)
	if err := b.p.Approve(t.Context(), shown.Board, "Salle 9"); err != nil {
		t.Fatal(err)
	}
	b.rooms.over = true
	_, shown = b.post(wall, "/live/boards", "", "{}")
	b.rooms.over = false
	if b.rooms.moved[shown.Board] != "" {
		t.Error("a board that asks for a code is still in its lesson")
	}
	b.expect("claim again", b.claim("t2", shown.Code), 200)
	if at, err := b.p.At(t.Context(), "9"); err != nil || len(at) != 1 || at[0].Place != "Salle 9" {
		t.Errorf("the claim moved the board: %+v %v", at, err)
	}
}

// TestRemembered_OnlyTheOfficeForgets taps "leave" at the board, as anybody in
// the room can, and has its teacher send it away.
func TestRemembered_OnlyTheOfficeForgets(t *testing.T) {
	b := newBox(t)
	wall, ctx := b.board(), t.Context()
	_, shown := b.post(wall, "/live/boards", "", "{}")
	b.expect("claim", b.claim("t1", shown.Code), 200)
	if err := b.p.Approve(ctx, shown.Board, "Salle 204"); err != nil {
		t.Fatal(err)
	}
	for name, leave := range map[string]func() int{
		"unpaired by itself":  func() int { status, _ := b.post(wall, "/live/unpair", "", `{}`); return status },
		"forgotten by itself": func() int { status, _ := b.post(wall, "/live/forget", "", ""); return status },
		"sent away": func() int {
			status, _ := b.post(http.DefaultClient, "/live/unpair", "t1", `{"board":"`+shown.Board+`"}`)
			return status
		},
	} {
		told := len(b.rooms.unpaired)
		b.expect(name, leave(), 204)
		if len(b.rooms.unpaired) != told+1 {
			t.Errorf("%s: the board is not told to wipe its screen", name)
		}
		known, err := b.p.Known(ctx)
		if err != nil || len(known) != 1 || !known[0].IsRemembered || known[0].Room != "" {
			t.Errorf("%s: known %+v, %v", name, known, err)
		}
		// Its page asks to be forgotten and comes back as itself.
		status, _ := b.post(wall, "/live/forget", "", "")
		b.expect(name+", its page", status, 204)
		if status, again := b.post(wall, "/live/boards", "", "{}"); status != 201 || again.Board != shown.Board {
			t.Errorf("%s: it comes back as %d %+v", name, status, again)
		}
		if _, err := b.p.Take(ctx, shown.Board, "r1", "204", "t1"); err != nil {
			t.Errorf("%s: not taken again: %v", name, err)
		}
	}
	if err := b.p.Forget(ctx, shown.Board); err != nil {
		t.Fatal(err)
	}
	if err := b.p.Forget(ctx, shown.Board); preau.KindOf(err) != preau.NotFound {
		t.Errorf("forgotten twice: %v", err)
	}
	if known, err := b.p.Known(ctx); err != nil || len(known) != 0 {
		t.Errorf("the office forgot it; known %+v, %v", known, err)
	}
	status, _ := b.post(wall, "/live/forget", "", "")
	b.expect("its page after the office", status, 204)
	if _, again := b.post(wall, "/live/boards", "", "{}"); again.Board == shown.Board {
		t.Error("the office forgot it, its cookie is still good")
	}
}

func TestGuessing_IsCountedByRoomToo(t *testing.T) {
	b := newBox(t)
	codes := map[int]int{}
	for i := range 24 {
		codes[b.claim(fmt.Sprintf("t%d", i), fmt.Sprintf("AAAA%c%c", 'A'+i%8, 'A'+i/8))]++
	}
	if codes[404] != 15 || codes[429] != 9 {
		t.Errorf("24 teachers guess in one room: %v", codes)
	}
	b.clock.ahead.Store(int64(6 * time.Minute))
	_, shown := b.post(b.board(), "/live/boards", "", "{}")
	b.expect("after the wait", b.claim("t1", shown.Code), 200)
}

func TestForget_TakesEveryCookieBack(t *testing.T) {
	b := newBox(t)
	wall := b.board()
	_, shown := b.post(wall, "/live/boards", "", "{}")
	b.expect("claim", b.claim("t1", shown.Code), 200)
	status, _ := b.post(wall, "/live/forget", "", "")
	b.expect("forget", status, 204)
	if len(b.rooms.unpaired) != 1 {
		t.Errorf("unpaired: %v", b.rooms.unpaired)
	}
	if _, again := b.post(wall, "/live/boards", "", "{}"); again.Board == shown.Board {
		t.Error("the board kept its cookie")
	}
	status, _ = b.post(b.board(), "/live/forget", "", "")
	b.expect("by a browser that is no board", status, 204)
}

func FuzzPlace(f *testing.F) {
	for _, s := range []string{"Salle 204", "204", "salle  204 ", "", "CDI", "salle ", "É\u00a0B"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := pairing.FoldPlace(s)
		if once != "" && pairing.FoldPlace("Salle "+once) != once && !strings.HasPrefix(once, "salle") {
			t.Fatalf("%q folds to %q, and with its kind to %q", s, once, pairing.FoldPlace("Salle "+once))
		}
	})
}
