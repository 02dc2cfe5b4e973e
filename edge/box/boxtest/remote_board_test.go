package boxtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"preau/edge/directory"
	"preau/edge/live/protocol"
)

// TestRemote_TakesTheRoomsBoardWithATap: a board that the school remembers in
// its room is offered first, and taken without a code.
func TestRemote_TakesTheRoomsBoardWithATap(t *testing.T) {
	t.Parallel()
	w := newWall(t)
	b := NewBrowser(t)
	board, teacher := b.NewPage("board", 1280, 800), b.NewPage("teacher", 360, 740)
	board.Open(w.URL() + "/tableau")
	w.pair(t, board)
	w.approve(t, boardID(board))
	w.say(t, &protocol.End{})
	waiting(board)
	w.begin(t)

	SignIn(teacher, w.URL(), account(t, w.Borne, directory.Teacher, 0))
	// The day leads back into the class that is open, and to nothing else first.
	for _, width := range []int64{320, 768, 1280} {
		teacher.Size(width, 800)
		if first := Eval[[]string](teacher, `[...document.querySelectorAll("main .primary")].map(b => b.getAttribute("href"))`); len(first) != 1 || first[0] != "/prof/classe/"+w.lesson {
			t.Errorf("at %d px the day's first things are %v", width, first)
		}
		keepShot(t, teacher, fmt.Sprintf("jour-%d", width))
		clean(t, teacher, "the day with its class open")
	}
	teacher.Size(360, 740)
	teacher.Click("main .primary")
	teacher.WaitFor(`document.querySelector("[data-nearby] button")`, 10*time.Second)
	if text := teacher.Text("[data-nearby] button"); !strings.Contains(text, wallRoom) {
		t.Errorf("the board is offered as %q", text)
	}
	keepShot(t, teacher, "tableau-360")
	clean(t, teacher, "the remote with a board at hand")
	teacher.Click("[data-nearby] button")
	board.WaitFor(`document.querySelector("p-tableau[paired]")`, 10*time.Second)
	teacher.WaitFor(`document.querySelector("#outil-tableau p-regie-tableau[on]")`, 10*time.Second)
}
