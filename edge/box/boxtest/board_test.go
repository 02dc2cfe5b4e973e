package boxtest

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"preau/edge/directory"
	"preau/edge/live/protocol"
)

// TestBoard_IsReadFromTheBackOfTheRoom measures every state of a board at four
// sizes in both languages: text, titles, targets, contrast, what overflows; and
// runs axe on each in light, dark and forced colours.
func TestBoard_IsReadFromTheBackOfTheRoom(t *testing.T) {
	t.Parallel()
	w := newWall(t)
	b := NewBrowser(t)
	board := b.NewPage("board", 1280, 800)
	shots := os.Getenv("PREAU_WALL") // a folder for pictures
	film := w.item(t, "video", "1")
	langs := []string{"fr", "en"}
	if os.Getenv("PREAU_THOROUGH") == "" {
		langs = langs[:1]
	}
	for _, lang := range langs {
		folder := ""
		if shots != "" {
			folder = shots + "/" + lang
			if err := os.MkdirAll(folder, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		look := func(state string) {
			t.Helper()
			looked(t, board, state, folder)
			seenBy(t, board, lang, state)
		}
		board.Open(w.URL() + "/tableau")
		speak(board, lang)
		waiting(board)
		look("waiting")
		w.pair(t, board)
		w.approve(t, boardID(board))
		board.Open(w.URL() + "/tableau")
		board.WaitFor(`document.querySelector("p-tableau[paired]") && document.querySelector("[data-count]").textContent`, 10*time.Second)
		look("paired")
		w.say(t, &protocol.Attention{On: true})
		board.WaitFor(`!document.querySelector("[data-attention]").hidden`, 5*time.Second)
		look("attention")
		w.say(t, &protocol.Attention{})
		w.say(t, &protocol.Open{Item: film, Playing: true})
		board.WaitFor(`document.querySelector(".scene video")?.currentTime > 1`, 20*time.Second)
		w.say(t, &protocol.Pause{})
		board.WaitFor(`document.querySelector(".scene video").paused`, 5*time.Second)
		look("film")
		Eval[bool](board, `(document.querySelector("[data-do=hide]").click(), true)`)
		look("curtain")
		Eval[bool](board, `(document.querySelector("[data-do=hide]").click(), true)`)
		Eval[bool](board, `document.querySelector(".scene video").dispatchEvent(new CustomEvent("p-muted", {bubbles: true}))`)
		look("sound")
		Eval[bool](board, `(document.querySelector("[data-silent]").click(), true)`)
		Eval[bool](board, `(document.querySelector(".tableau-outils [data-do=unpair]").click(), true)`)
		board.WaitFor(`document.querySelector("dialog[open]")`, 5*time.Second)
		look("release")
		Eval[bool](board, `(document.querySelector("[data-do=stay]").click(), true)`)
		w.say(t, &protocol.Close{})
		w.say(t, &protocol.End{})
		waiting(board)
		board.WaitFor(`document.querySelector("[data-next]").textContent.includes("Français")`, 10*time.Second)
		look("remembered")
		Eval[bool](board, `(document.querySelector("[data-next]").textContent = "Prochain cours : 10 h 05 · 6e B · Enseignements pratiques interdisciplinaires", true)`)
		look("long")
		board.offline(true)
		Eval[bool](board, `fetch("/").catch(() => true).then(() => true)`)
		Eval[bool](board, `(document.querySelector("p-tableau [data-note]").textContent = document.querySelector("p-tableau").dataset.offline, true)`)
		look("cut")
		board.offline(false)
		Eval[bool](board, `(document.querySelector("p-tableau").setAttribute("rest", ""), document.querySelector("[data-note]").textContent = "", true)`)
		look("night")
		w.begin(t)
	}
}

// TestBoard_RemembersItsRoom walks a board from its first code to the tap that
// takes it without one, and back to nothing.
func TestBoard_RemembersItsRoom(t *testing.T) {
	t.Parallel()
	w := newWall(t)
	b := NewBrowser(t)
	board, ctx := b.NewPage("board", 1280, 800), t.Context()
	board.Open(w.URL() + "/tableau")
	near := func() string {
		t.Helper()
		_, body, err := w.teacher.Do(ctx, http.MethodGet, "/live/boards?room="+w.lesson, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	take := func(id string) error {
		return w.teacher.JSON(ctx, "/live/take", map[string]string{"board": id, "room": w.lesson})
	}
	w.pair(t, board)
	id := boardID(board)
	if got := near(); strings.Contains(got, id) {
		t.Errorf("a board nobody approved is offered: %s", got)
	}
	if err := take(id); err == nil {
		t.Error("a board nobody approved is taken without a code")
	}
	w.approve(t, id)
	w.say(t, &protocol.End{})
	waiting(board)
	if left := Eval[string](board, `["[data-class]", "[data-count]", "[data-hands]"].map(s => document.querySelector("p-tableau " + s).textContent).join("")`); left != "" {
		t.Errorf("the lesson left %q on the board", left)
	}
	board.WaitFor(`document.querySelector("[data-next]").textContent.includes("· 6e")`, 10*time.Second)
	if text := board.Text(".tableau-veille"); strings.Contains(text, "Garnier") {
		t.Errorf("the board names somebody: %s", text)
	}
	w.begin(t)
	w.until(t, "the remote is back", func() bool { return w.remote.Here().Room != nil })
	if got := near(); !strings.Contains(got, id) || !strings.Contains(got, "Salle 204") {
		t.Errorf("the lesson's board is not offered: %s", got)
	}
	shown := code(board)
	if err := take(id); err != nil {
		t.Fatal(err)
	}
	board.WaitFor(`document.querySelector("p-tableau[paired]")`, 5*time.Second)
	if err := w.teacher.JSON(ctx, "/live/claim", map[string]string{"code": shown, "room": w.lesson}); err == nil || !strings.Contains(err.Error(), "409") {
		t.Errorf("the code on a board that was taken: %v", err)
	}
	pupil := NewVisitor(t, w.Borne)
	if err := pupil.SignIn(ctx, account(t, w.Borne, directory.Pupil, 0)); err != nil {
		t.Fatal(err)
	}
	if err := pupil.JSON(ctx, "/live/take", map[string]string{"board": id, "room": w.lesson}); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a pupil takes a board: %v", err)
	}
	forgets(t, w, board, id)
	if err := take(id); err == nil {
		t.Error("a forgotten board is taken without a code")
	}
}

// forgets has the office forget the board, and looks for what it kept.
func forgets(t *testing.T, w *wall, board *Page, id string) {
	t.Helper()
	film := w.item(t, "video", "1")
	w.say(t, &protocol.Open{Item: film})
	board.WaitFor(`document.querySelector(".scene video")`, 10*time.Second)
	Eval[bool](board, `(async () => {
		window.before = true;
		localStorage.setItem("kept", "1"); sessionStorage.setItem("kept", "1"); document.cookie = "kept=1; path=/";
		await new Promise(done => { const r = indexedDB.open("kept"); r.onsuccess = () => { r.result.close(); done(); }; });
		await (await caches.open("kept")).put("/kept", new Response("kept"));
		return true;
	})()`)
	office := NewVisitor(t, w.Borne)
	if err := office.SignIn(t.Context(), account(t, w.Borne, directory.Principal, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := office.Form(t.Context(), "/compte/ecole/tableaux", map[string][]string{"do": {"forget"}, "board": {id}}); err != nil {
		t.Fatal(err)
	}
	board.WaitFor(`!window.before && !document.querySelector(".scene") && document.querySelector("[data-code]").textContent.length > 5`, 10*time.Second)
	kept := Eval[string](board, `(async () => JSON.stringify([Object.keys(localStorage), Object.keys(sessionStorage).filter(k => k !== "preau.build"), document.cookie,
		(await indexedDB.databases()).map(d => d.name), await caches.keys()]))()`)
	if kept != `[[],[],"",[],[]]` {
		t.Errorf("the board kept %s", kept)
	}
	if again := boardID(board); again == id {
		t.Error("the board still knows its cookie")
	}
	if text := board.Text("p-tableau"); strings.Contains(text, "204") {
		t.Errorf("the board still knows its room: %s", text)
	}
}

// TestBoard_IsABoardWhoeverSignedIn opens the board's page on a machine where a
// pupil is signed in: it is claimed and shows the lesson all the same.
func TestBoard_IsABoardWhoeverSignedIn(t *testing.T) {
	t.Parallel()
	w := newWall(t)
	board := NewBrowser(t).NewPage("board", 1280, 800)
	SignIn(board, w.URL(), account(t, w.Borne, directory.Pupil, 1))
	board.Open(w.URL() + "/tableau")
	w.pair(t, board)
	w.say(t, &protocol.Open{Item: w.item(t, "video", "1")})
	board.WaitFor(`document.querySelector(".scene video")`, 10*time.Second)
}

// TestBoard_ShowsNoCodeThatIsOver lets a code grow old with the box away, and
// cuts one short.
func TestBoard_ShowsNoCodeThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWall(t)
	b := NewBrowser(t)
	board := b.NewPage("board", 1280, 800)
	board.before(`const ask = fetch; let n = 0; window.fetch = async (url, o) => {
		if (url !== "/live/boards") return ask(url, o);
		if (n++) throw new TypeError("the box is away");
		const answer = await (await ask(url, o)).json();
		return new Response(JSON.stringify({...answer, left: 7000}), {status: 201});
	};`)
	board.Open(w.URL() + "/tableau")
	waiting(board)
	old := code(board)
	board.WaitFor(`!document.querySelector("[data-code]").textContent && !document.querySelector("[data-qr] path").getAttribute("d")`, 10*time.Second)
	if note := board.Text("[data-note]"); note == "" {
		t.Error("the board says nothing of the box that is away")
	}
	if len(fmt.Sprint(old)) < 6 {
		t.Errorf("the code was %q", old)
	}
}
