package timetable

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// Entry is what the cahier de textes says of one lesson: what was done, what
// is to be done and for when.
type Entry struct {
	Lesson         preau.ID
	Version        int // from 1; 0 when nothing is written yet
	Class, Teacher string
	Subject        string
	Day            string // 2026-09-14
	Content, Work  string
	Due            string // 2026-09-21, with Work
	Published      bool   // the class sees it
	By             string // pid of who wrote this version
	At             time.Time
}

const maxEntry = 8 << 10 // bytes of each text

// Write adds a version of a lesson's entry. seen is the version its author
// had before them: when somebody wrote in between, the clash is told and
// nothing is lost. The same text again makes no version.
func (t *Timetable) Write(ctx context.Context, e Entry, seen int) (Entry, error) {
	e.Content, e.Work = strings.TrimSpace(e.Content), strings.TrimSpace(e.Work)
	if len(e.Content) > maxEntry || len(e.Work) > maxEntry || !utf8.ValidString(e.Content+e.Work) {
		return e, preau.E(preau.TooLarge, "the text is too long for a lesson", "Shorten it, or put it into a document.", nil)
	}
	if e.Content == "" && e.Work == "" && seen == 0 {
		return e, preau.E(preau.Invalid, "there is nothing to write down", "Write what was done, or what is to be done.", nil)
	}
	if e.Work == "" {
		e.Due = ""
	}
	err := t.db.Write(ctx, func(tx *sqlite.Tx) error {
		l, err := t.find(tx, e.Lesson)
		if err != nil {
			return err
		}
		if err := insert(tx, l); err != nil { // entries point at lessons
			return err
		}
		e.Class, e.Teacher, e.Subject, e.Day = l.Class, l.Teacher, l.Subject, l.Start.Format(time.DateOnly)
		if err := e.checkDue(l.Start); err != nil {
			return err
		}
		last, err := t.entries(tx, `lesson = ? AND last = 1`, e.Lesson[:])
		if err != nil {
			return err
		}
		var have Entry
		if len(last) == 1 {
			have = last[0]
		}
		if have.Content == e.Content && have.Work == e.Work && have.Due == e.Due && have.Published == e.Published && have.Version > 0 {
			e = have
			return nil
		}
		if have.Version != seen {
			return preau.E(preau.Conflict, "somebody else wrote in this lesson's cahier meanwhile", "Read what they wrote, then write yours again.", nil)
		}
		if _, err := tx.Exec(`UPDATE logbook SET last = 0 WHERE lesson = ?`, e.Lesson[:]); err != nil {
			return err
		}
		e.Version, e.At = have.Version+1, tx.Now
		if _, err = tx.Exec(`INSERT INTO logbook VALUES (?,?,?,?,?,?,?,?,?,?,?,?,1)`, e.Lesson[:], e.Version, e.Class, e.Teacher, e.Subject, e.Day,
			e.Content, e.Work, e.Due, e.Published, e.By, e.At.UnixMilli()); err != nil {
			return err
		}
		verb, with := journal.VerbSaved, map[string]any{"group": e.Class, "version": e.Version}
		if e.Published {
			verb = journal.VerbShared
			with["subject"], with["content"], with["work"], with["due"] = e.Subject, e.Content, e.Work, e.Due
		}
		return t.say(tx, e.By, verb, "lesson", e.Lesson, with)
	})
	switch {
	case errors.Is(err, errNoLesson):
		return e, noLesson()
	case preau.KindOf(err) == preau.Conflict, preau.KindOf(err) == preau.Invalid:
		return e, err
	case err != nil:
		return e, fmt.Errorf("write cahier de textes: %w", err)
	}
	return e, nil
}

func (e Entry) checkDue(lesson time.Time) error {
	if e.Work == "" {
		return nil
	}
	due, err := time.Parse(time.DateOnly, e.Due)
	if err != nil || e.Due < e.Day || due.Sub(lesson) > 366*24*time.Hour {
		return preau.E(preau.Invalid, "the work has no day for which it is due, or one before the lesson", "Choose a day after the lesson, within the year.", err)
	}
	return nil
}

// Entry gives the version that counts; one without Version when nothing is
// written.
func (t *Timetable) Entry(ctx context.Context, lesson preau.ID) (Entry, error) {
	found, err := t.readEntries(ctx, `lesson = ? AND last = 1`, lesson[:])
	if err != nil || len(found) == 0 {
		return Entry{Lesson: lesson}, err
	}
	return found[0], nil
}

// History lists all versions of a lesson's entry, the last one first.
func (t *Timetable) History(ctx context.Context, lesson preau.ID) ([]Entry, error) {
	return t.readEntries(ctx, `lesson = ? ORDER BY version DESC`, lesson[:])
}

// Cahier lists what a class was told of the days from until until, the last
// day first. drafts shows what is not published too: to teachers.
func (t *Timetable) Cahier(ctx context.Context, class string, from, until time.Time, drafts bool) ([]Entry, error) {
	return t.readEntries(ctx, `class = ? AND last = 1 AND day >= ? AND day <= ? AND (published = 1 OR ?) ORDER BY day DESC, at DESC LIMIT 1000`,
		class, from.In(t.zone).Format(time.DateOnly), until.In(t.zone).Format(time.DateOnly), drafts)
}

// Work lists what the classes have to do from the day that now falls in on,
// the nearest first. Only what is published.
func (t *Timetable) Work(ctx context.Context, classes []string, now time.Time) (found []Entry, err error) {
	if len(classes) == 0 {
		return nil, nil
	}
	if len(classes) > 200 {
		return nil, preau.E(preau.Invalid, "more classes than anybody is in", "Ask for fewer classes.", nil)
	}
	args := make([]any, 0, len(classes)+1)
	for _, c := range classes {
		args = append(args, c)
	}
	return t.readEntries(ctx, `class IN (?`+strings.Repeat(",?", len(classes)-1)+`) AND last = 1 AND published = 1 AND work <> '' AND due >= ? ORDER BY due, day LIMIT 500`,
		append(args, now.In(t.zone).Format(time.DateOnly))...)
}

func (t *Timetable) readEntries(ctx context.Context, where string, args ...any) (found []Entry, err error) {
	err = t.db.Read(ctx, func(tx *sqlite.Tx) error {
		found, err = t.entries(tx, where, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read cahier de textes: %w", err)
	}
	return found, nil
}

func (t *Timetable) entries(tx *sqlite.Tx, where string, args ...any) (found []Entry, err error) {
	err = each(tx, func(scan func(...any) error) error {
		var e Entry
		var id []byte
		var at int64
		if err := scan(&id, &e.Version, &e.Class, &e.Teacher, &e.Subject, &e.Day, &e.Content, &e.Work, &e.Due, &e.Published, &e.By, &at); err != nil {
			return err
		}
		copy(e.Lesson[:], id)
		e.At = time.UnixMilli(at).In(t.zone)
		found = append(found, e)
		return nil
	}, `SELECT lesson, version, class, teacher, subject, day, content, work, due, published, by, at FROM logbook WHERE `+where, args...)
	return found, err
}
