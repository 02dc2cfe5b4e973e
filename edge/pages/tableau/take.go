package tableau

import (
	"net/http"
	"time"

	"preau"
	"preau/edge/live/pairing"
	"preau/edge/timetable"
	"preau/internal/httpkit"
)

// nearby is a board that a lesson may take without a code.
type nearby struct {
	Board string `json:"board"`
	Place string `json:"place"`
	Room  string `json:"room,omitempty"` // the lesson in session it is in
}

// early is how long before and after its lesson a teacher may take the room's
// board.
const early = 15 * time.Minute

func samePlace(a, b string) bool { return pairing.FoldPlace(a) == pairing.FoldPlace(b) }

// boards lists what the lesson's room has on its wall.
func (a *audience) boards(w http.ResponseWriter, r *http.Request) error {
	l, _, err := a.lesson(r, r.URL.Query().Get("room"))
	if err != nil {
		return err
	}
	found := []nearby{}
	if a.isOn(l) {
		known, err := a.Boards.At(r.Context(), l.Room)
		if err != nil {
			return err
		}
		for _, k := range known {
			found = append(found, nearby{k.ID, a.placeName(r, k.Place), k.Room})
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpkit.WriteJSON(w, http.StatusOK, map[string]any{"boards": found})
}

// take brings the board of the lesson's room into it, in one tap.
func (a *audience) take(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Board, Room string }
	if err := httpkit.ReadJSON(w, r, 4<<10, &in); err != nil {
		return err
	}
	l, who, err := a.lesson(r, in.Room)
	if err != nil {
		return err
	}
	if !a.isOn(l) {
		return preau.E(preau.Forbidden, "this board is taken without a code in its lesson's hour only", "Type the code it shows.", nil)
	}
	b, err := a.Boards.Take(r.Context(), in.Board, in.Room, l.Room, who.Person)
	if err != nil {
		return err
	}
	return httpkit.WriteJSON(w, http.StatusOK, nearby{b.ID, a.placeName(r, b.Place), b.Room})
}

// lesson is the one in session whose teacher asks.
func (a *audience) lesson(r *http.Request, room string) (l timetable.Lesson, who pairing.Teacher, err error) {
	if who, err = a.Boards.Asks(r); err != nil {
		return l, who, err
	}
	id, err := preau.ParseID(room)
	if err != nil || !a.Rooms.Teaches(room, who.Person) {
		return l, who, preau.E(preau.NotFound, "this lesson is not in session", "Start the lesson first.", err)
	}
	l, err = a.Timetable.Lesson(r.Context(), id)
	return l, who, err
}

// isOn tells a lesson of now from one whose room somebody else is in.
func (a *audience) isOn(l timetable.Lesson) bool {
	now := a.Clock.Now()
	return l.Room != "" && now.After(l.Start.Add(-early)) && now.Before(l.End.Add(early))
}
