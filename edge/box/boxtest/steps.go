package boxtest

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"preau/edge/directory"
)

// Film is the id of the n-th film on the adjective, from 1.
func (w *World) Film(n int) string {
	w.t.Helper()
	var page struct {
		Items []struct {
			ID, Kind string
			Ordinal  int
		}
	}
	if err := Get(context.Background(), w.Box+"/api/v1/items?kind=video&limit=50", &page); err != nil {
		w.t.Fatal(err)
	}
	for _, it := range page.Items {
		if strings.HasSuffix(it.ID, fmt.Sprint(n)) {
			return it.ID
		}
	}
	w.t.Fatalf("no film %d among %v", n, page.Items)
	return ""
}

// OpenLesson starts the teacher's lesson with a class now, by the day's page,
// and returns its id.
func (w *World) OpenLesson(teacher *Page, class string) string {
	w.t.Helper()
	teacher.Open(w.Box + "/prof/")
	Eval[bool](teacher, fmt.Sprintf(`[...document.querySelectorAll(".autres button")].find(b => b.textContent.trim() === %s).click(), true`, quote(class)))
	teacher.WaitFor(`location.pathname.startsWith("/prof/appel/")`, 10*time.Second)
	return strings.TrimPrefix(Eval[string](teacher, "location.pathname"), "/prof/appel/")
}

// OpenClass opens the lesson's room, or goes back into it, and waits for its remote to be connected.
func (w *World) OpenClass(teacher *Page, lesson string) {
	w.t.Helper()
	teacher.Open(w.Box + "/prof/")
	Eval[bool](teacher, fmt.Sprintf(`document.querySelector('form[action="/prof/classe/%[1]s"] button, a[href="/prof/classe/%[1]s"]').click(), true`, url.PathEscape(lesson)))
	teacher.WaitFor(`customElements.get("p-classe") && document.querySelector("p-classe") && !document.querySelector("p-classe").hasAttribute("offline") && document.querySelector("[data-say]").textContent === ""`, 10*time.Second)
}

// Seat signs a pupil and the teacher of 6eA in, opens their lesson's room and
// gives it the board; it returns the lesson.
func (w *World) Seat(teacher, board, pupil *Page) (lesson string) {
	w.t.Helper()
	w.SignIn(pupil, w.Account(directory.Pupil, "6eA", 0))
	w.SignIn(teacher, w.Account(directory.Teacher, "", 0))
	lesson = w.OpenLesson(teacher, "6eA")
	board.Open(w.Box + "/tableau")
	w.OpenClass(teacher, lesson)
	w.Pair(teacher, board)
	return lesson
}

// Pair types the board's code on the teacher's remote.
func (w *World) Pair(teacher, board *Page) {
	w.t.Helper()
	board.WaitFor(`document.querySelector("[data-code]").textContent.length > 5`, 10*time.Second)
	teacher.Type("#code", board.Text("[data-code]"))
	teacher.Click(".jumelage button")
	board.WaitFor(`document.querySelector("p-tableau").hasAttribute("paired")`, 10*time.Second)
}
