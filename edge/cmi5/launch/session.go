package launch

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/internal/sqlite"
)

// session is a launch as the table has it.
type session struct {
	cmi5.Session
	reg      registration
	au       string
	url      string
	token    string
	key      string
	launched time.Time
	fetched  bool
	heard    time.Time
	ended    bool
	state    cmi5.State
}

const sessionColumns = `SELECT s.id, s.registration, r.course, r.pid, s.au, s.mode, s.url, s.mastery, s.token, s.fetched, s.key, s.launched, s.heard, s.state, s.ended
	FROM cmi5_session s JOIN cmi5_registration r ON r.id = s.registration `

func (l *Launches) scan(into func(...any) error) (s session, err error) {
	var reg []byte
	var mode, state string
	var mastery sql.NullFloat64
	var key sql.NullString
	var fetched, heard, ended sql.NullInt64
	var launched int64
	if err := into(&s.ID, &reg, &s.reg.course, &s.reg.person, &s.au, &mode, &s.url, &mastery, &s.token, &fetched, &key, &launched, &heard, &state, &ended); err != nil {
		return s, err
	}
	copy(s.reg.id[:], reg)
	s.Registration, s.Actor, s.Publisher, s.Mode = s.reg.id, l.Actor(s.reg.person), s.au, cmi5.Mode(mode)
	s.Activity = l.activity(s.reg.course, kindAU, s.au)
	if mastery.Valid {
		s.Mastery = &mastery.Float64
	}
	s.key, s.launched, s.fetched, s.ended = key.String, time.UnixMilli(launched).UTC(), fetched.Valid, ended.Valid
	if heard.Valid {
		s.heard = time.UnixMilli(heard.Int64).UTC()
	}
	if err := json.Unmarshal([]byte(state), &s.state); err != nil {
		return s, fmt.Errorf("decode a session's state: %w", err)
	}
	return s, nil
}

func (l *Launches) sessions(tx *sqlite.Tx, where string, args ...any) (found []session, err error) {
	rows, err := tx.Query(sessionColumns+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		s, err := l.scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return found, rows.Err()
}

// keep writes what changed of a session.
func (s *session) keep(tx *sqlite.Tx) error {
	raw, err := json.Marshal(s.state)
	if err != nil {
		return err
	}
	var ended, heard any
	if s.ended {
		ended = tx.Now.UnixMilli()
	}
	if !s.heard.IsZero() {
		heard = s.heard.UnixMilli()
	}
	_, err = tx.Exec(`UPDATE cmi5_session SET state = ?, heard = ?, ended = ? WHERE id = ?`, string(raw), heard, ended, s.ID)
	return err
}

// Session is a launch as its page shows it.
type Session struct {
	ID      string
	Course  string
	AU      *course.AU
	Mode    cmi5.Mode
	Fetched bool // the AU has taken its token: the URL is of no more use
	Ended   bool

	url, token, actor, activity string
	registration                preau.ID
}

// Session finds a launch of a person; another's is preau.NotFound.
func (l *Launches) Session(ctx context.Context, pid, id string) (found Session, err error) {
	err = l.DB.Read(ctx, func(tx *sqlite.Tx) error {
		s, err := l.scan(tx.QueryRow(sessionColumns+`WHERE s.id = ? AND r.pid = ?`, id, pid).Scan)
		if errors.Is(err, sql.ErrNoRows) {
			return preau.E(preau.NotFound, "there is no such launch", "Go back to your courses.", nil)
		}
		if err != nil {
			return err
		}
		c, err := cmi5.CourseIn(tx, s.reg.course)
		if err != nil {
			return err
		}
		actor, err := json.Marshal(s.Actor)
		if err != nil {
			return err
		}
		found = Session{ID: s.ID, Course: s.reg.course, AU: unit(c, s.au), Mode: s.Mode, Fetched: s.fetched, Ended: s.ended,
			url: s.url, token: s.token, actor: string(actor), activity: s.Activity, registration: s.Registration}
		if found.AU == nil { // the course was imported again without it
			found.Ended, found.AU = true, &course.AU{ID: s.au, Title: c.Title}
		}
		return nil
	})
	return found, err
}

func unit(c *course.Course, id string) *course.AU {
	for _, au := range c.AUs() {
		if au.ID == id {
			return au
		}
	}
	return nil
}

// URL is what launches the AU (8.1). base is the box as the browser sees it.
func (s Session) URL(base string) string {
	page, fragment, cut := strings.Cut(s.url, "#")
	sep := "?"
	if strings.Contains(page, "?") {
		sep = "&"
	}
	for _, p := range [][2]string{{"endpoint", base + endpoint}, {"fetch", base + FetchPath + s.token}, {"actor", s.actor}, {"registration", s.registration.String()}, {"activityId", s.activity}} {
		// An AU decodes percents; a plus would stay one.
		page += sep + p[0] + "=" + strings.ReplaceAll(url.QueryEscape(p[1]), "+", "%20")
		sep = "&"
	}
	if cut {
		page += "#" + fragment
	}
	return page
}
