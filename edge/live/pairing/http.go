package pairing

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"rsc.io/qr"

	"preau"
	"preau/internal/httpkit"
)

// Install registers pairing's requests; docs/live-protocol.md describes
// them. Cross-origin requests must be refused by whoever serves.
func (p *Pairing) Install(handle func(pattern string, h httpkit.Handler)) {
	handle("POST /live/boards", p.postBoards)
	handle("POST /live/claim", p.postClaim)
	handle("POST /live/unpair", p.postUnpair)
	handle("POST /live/forget", p.postForget)
}

type qrCode struct {
	Size int    `json:"size"`
	Path string `json:"path"`
}

type boardAnswer struct {
	Board   string  `json:"board"`
	Room    string  `json:"room,omitempty"`
	Place   string  `json:"place,omitempty"`
	Code    string  `json:"code,omitempty"`
	Expires int64   `json:"expires,omitempty"` // ms since 1970
	Left    int64   `json:"left,omitempty"`    // ms until then, for boards whose clock is wrong
	Link    string  `json:"link,omitempty"`
	QR      *qrCode `json:"qr,omitempty"`
}

func (p *Pairing) postBoards(w http.ResponseWriter, r *http.Request) error {
	b, known, err := p.Board(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if known && b.Room != "" {
		return httpkit.WriteJSON(w, http.StatusOK, boardAnswer{Board: b.ID, Room: b.Room, Place: b.Place})
	}
	if err := p.boards.take(p.o.Clock.Now(), address(r)); err != nil {
		return err
	}
	if !known {
		var token string
		if b.ID, token, err = p.introduce(r.Context()); err != nil {
			return err
		}
		http.SetCookie(w, &http.Cookie{Name: cookieName, Value: token, Path: "/", MaxAge: 365 * 24 * 3600,
			HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	}
	o, err := p.offer(r.Context(), b.ID)
	if err != nil {
		return err
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	a := boardAnswer{Board: b.ID, Place: b.Place, Code: o.Code, Expires: o.Expires.UnixMilli(), Left: codeLife.Milliseconds(), Link: scheme + r.Host + p.o.ClaimPath + "#" + o.Secret}
	if a.QR, err = draw(a.Link); err != nil {
		return err
	}
	return httpkit.WriteJSON(w, http.StatusCreated, a)
}

// draw makes an SVG path of a QR code, one square a dark module, with the
// quiet zone of four modules that readers want.
func draw(text string) (*qrCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, preau.E(preau.TooLarge, "the box's address is too long for a QR code", "Open the board's page by a shorter address.", err)
	}
	const quiet = 4
	var d strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&d, "M%d %dh%dv1h-%dz", x+quiet, y+quiet, run, run)
				x += run
			}
		}
	}
	return &qrCode{Size: code.Size + 2*quiet, Path: d.String()}, nil
}

func (p *Pairing) postClaim(w http.ResponseWriter, r *http.Request) error {
	t, err := p.o.Teacher(r)
	if err != nil {
		return err
	}
	var in struct{ Code, Room, Place string }
	if err := httpkit.ReadJSON(w, r, 4<<10, &in); err != nil {
		return err
	}
	code, err := readCode(in.Code)
	if err != nil {
		return err
	}
	if err := checkPlace(in.Place); err != nil {
		return err
	}
	if !p.o.Rooms.Teaches(in.Room, t.Person) {
		return errNoLesson
	}
	// By person and by device: neither a new account nor a new tablet helps;
	// and by room, whoever tries.
	keys := []string{"person " + t.Person, "device " + t.Device}
	if t.Device == "" {
		keys[1] = address(r)
	}
	if err := p.wrong.take(p.o.Clock.Now(), keys...); err != nil {
		return err
	}
	if err := p.rooms.take(p.o.Clock.Now(), in.Room); err != nil {
		return err
	}
	b, err := p.claim(r.Context(), code, in.Room, in.Place)
	if err != nil {
		return err
	}
	p.wrong.forgive(keys...)
	p.rooms.forgive(in.Room)
	return httpkit.WriteJSON(w, http.StatusOK, boardAnswer{Board: b.ID, Place: b.Place, Room: b.Room})
}

func checkPlace(s string) error {
	bad := utf8.RuneCountInString(s) > 60
	for _, r := range s {
		bad = bad || unicode.IsControl(r)
	}
	if bad {
		return preau.E(preau.Invalid, "a place has at most 60 characters on one line", "", nil)
	}
	return nil
}

func (p *Pairing) postUnpair(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Board string }
	if err := httpkit.ReadJSON(w, r, 4<<10, &in); err != nil {
		return err
	}
	person := ""
	if b, ok, err := p.Board(r); err != nil {
		return err
	} else if ok && (in.Board == "" || in.Board == b.ID) {
		in.Board = b.ID
	} else {
		t, err := p.o.Teacher(r)
		if err != nil {
			return err
		}
		person = t.Person
	}
	if _, err := p.unpair(r.Context(), in.Board, person); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// postForget takes a board's page out of everything: it is unpaired if it was
// not yet, and its browser keeps none of this box's cookies, but for that of a
// board which the school remembers. Over HTTPS the browser is told to empty
// the rest too; over HTTP the page does it.
func (p *Pairing) postForget(w http.ResponseWriter, r *http.Request) error {
	b, known, err := p.Board(r)
	if err != nil {
		return err
	}
	stays := false
	if known {
		if stays, err = p.unpair(r.Context(), b.ID, ""); err != nil && preau.KindOf(err) != preau.NotFound {
			return err
		}
	}
	for _, c := range r.Cookies() {
		if stays && c.Name == cookieName {
			continue
		}
		http.SetCookie(w, &http.Cookie{Name: c.Name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	}
	switch {
	case r.TLS == nil:
	case stays:
		w.Header().Set("Clear-Site-Data", `"storage"`)
	default:
		w.Header().Set("Clear-Site-Data", `"cookies", "storage"`)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return "addr " + r.RemoteAddr
	}
	return "addr " + host
}
