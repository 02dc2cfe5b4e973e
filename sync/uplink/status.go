package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"preau"
	"preau/internal/sqlite"
	"preau/sync/bucket"
	"preau/sync/journal"
)

// Status is where delivery stands.
type Status struct {
	Waiting      uint64                  `json:"waiting"`     // statements no receipt covers yet
	Streams      map[preau.Stream]uint64 `json:"streams"`     // the same, by stream
	Sealed       int                     `json:"sealed"`      // segments on their way
	Unreceipted  int                     `json:"unreceipted"` // segments in the store, not signed for
	LastDelivery time.Time               `json:"last_delivery,omitzero"`
	LastReceipt  time.Time               `json:"last_receipt,omitzero"`
	Receipt      uint64                  `json:"receipt"` // its number
	Problem      *Problem                `json:"problem,omitempty"`
}

// Problem is why delivery does not go on.
type Problem struct {
	Since  time.Time `json:"since"`
	Kind   string    `json:"kind"` // a preau.Kind, or "portal" or "clock"
	Text   string    `json:"text"`
	Remedy string    `json:"remedy,omitempty"`
}

// Status reads the state of this uplink.
func (u *Uplink) Status(ctx context.Context) (Status, error) { return ReadStatus(ctx, u.cfg.DB) }

// ReadStatus reads it from a box's database, running or not.
func ReadStatus(ctx context.Context, db *sqlite.DB) (s Status, err error) {
	err = db.Read(ctx, func(tx *sqlite.Tx) error {
		if s.Streams, err = journal.Behind(tx); err != nil {
			return err
		}
		for _, n := range s.Streams {
			s.Waiting += n
		}
		var tables int // none on a box that was never given a store
		if err := tx.QueryRow(`SELECT count(*) FROM sqlite_master WHERE name = 'uplink_segment'`).Scan(&tables); err != nil || tables == 0 {
			return err
		}
		err := tx.QueryRow(`SELECT count(*) FILTER (WHERE state = 'sealed'), count(*) FILTER (WHERE state = 'delivered') FROM uplink_segment`).Scan(&s.Sealed, &s.Unreceipted)
		if err != nil {
			return err
		}
		return s.notes(tx)
	})
	return s, err
}

func (s *Status) notes(tx *sqlite.Tx) error {
	values := map[string]string{}
	for _, name := range []string{noteReceipt, noteReceiptTime, noteDelivery, noteProblem} {
		v, err := note(tx, name)
		if err != nil {
			return err
		}
		values[name] = v
	}
	// Absent or unreadable notes leave their zero value.
	s.Receipt, _ = strconv.ParseUint(values[noteReceipt], 10, 64)
	s.LastReceipt, _ = time.Parse(time.RFC3339, values[noteReceiptTime])
	s.LastDelivery, _ = time.Parse(time.RFC3339, values[noteDelivery])
	if v := values[noteProblem]; v != "" {
		s.Problem = &Problem{}
		if err := json.Unmarshal([]byte(v), s.Problem); err != nil {
			return fmt.Errorf("read problem: %w", err)
		}
	}
	return nil
}

// remember notes a problem for Status, or its end. Its failure only costs
// that note.
func (u *Uplink) remember(ctx context.Context, problem error) {
	value := ""
	if problem != nil {
		p := Problem{Since: u.cfg.Clock.Now().UTC().Truncate(time.Second), Kind: preau.KindOf(problem).String(), Text: problem.Error(), Remedy: preau.RemedyOf(problem)}
		if e, ok := errors.AsType[*preau.Error](problem); ok {
			p.Text = e.Text
		}
		switch {
		case errors.Is(problem, bucket.ErrPortal):
			p.Kind = "portal"
		case errors.Is(problem, bucket.ErrClock):
			p.Kind = "clock"
		}
		b, err := json.Marshal(p)
		if err != nil {
			return
		}
		value = string(b)
		u.cfg.Log.Warn("delivery waits", "kind", p.Kind, "err", problem)
	}
	err := u.cfg.DB.Write(ctx, func(tx *sqlite.Tx) error {
		old, err := note(tx, noteProblem)
		if err != nil || old == value {
			return err
		}
		var was, is Problem
		if old != "" && value != "" && json.Unmarshal([]byte(old), &was) == nil && json.Unmarshal([]byte(value), &is) == nil && was.Kind == is.Kind {
			is.Since = was.Since // the same trouble goes on
			if b, err := json.Marshal(is); err == nil {
				value = string(b)
			}
		}
		return setNote(tx, noteProblem, value)
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		u.cfg.Log.Error("note the state of delivery", "err", err)
	}
}

// Sentence says it to people; lang is "fr" or "en".
func (s Status) Sentence(lang string, zone *time.Location) string {
	fr := lang != "en"
	var state string
	switch {
	case s.Waiting == 0 && s.LastDelivery.IsZero():
		state = say(fr, "Rien à envoyer.", "Nothing to send.")
	case s.Waiting == 0:
		state = say(fr, "Tout est envoyé et confirmé", "Everything is delivered and confirmed")
	case s.Waiting == 1:
		state = say(fr, "1 relevé en attente", "1 record waiting")
	default:
		state = fmt.Sprintf(say(fr, "%d relevés en attente", "%d records waiting"), s.Waiting)
	}
	if !s.LastDelivery.IsZero() {
		at := s.LastDelivery.In(zone)
		state += fmt.Sprintf(say(fr, ", dernier envoi le %s à %s.", ", last delivery on %s at %s."), at.Format(say(fr, "02/01", "2 Jan")), at.Format("15:04"))
	} else if s.Waiting > 0 {
		state += say(fr, ", aucun envoi encore.", ", none delivered yet.")
	}
	if s.Problem != nil {
		state += " " + s.Problem.sentence(fr)
	}
	return state
}

func (p *Problem) sentence(fr bool) string {
	switch p.Kind {
	case "portal":
		return say(fr, "Le réseau demande une connexion dans un navigateur : rien n’est perdu, l’envoi reprendra ensuite.", "The network asks for a sign-in in a browser: nothing is lost, delivery resumes afterwards.")
	case "clock":
		return say(fr, "L’horloge de la borne est fausse : le dépôt refuse jusqu’à ce qu’elle soit à l’heure.", "The box's clock is wrong: the store refuses until it is set.")
	case preau.Forbidden.String():
		return say(fr, "Le dépôt refuse cette borne : vérifiez ses clés d’accès.", "The store refuses this box: check its access keys.")
	case preau.Untrusted.String():
		return say(fr, "Le dépôt contient un document que cette borne n’a pas signé : prévenez la collectivité.", "The store holds a document this box did not sign: tell the authority.")
	case preau.Full.String():
		return say(fr, "Il n’y a plus de place : libérez-en, rien de ce qui est gardé n’est perdu.", "There is no room left: make some; nothing that was kept is lost.")
	case preau.Corrupt.String():
		return say(fr, "Le disque de la borne semble abîmé : lancez preau doctor.", "The box's disk seems damaged: run preau doctor.")
	}
	return say(fr, "Le dépôt ne répond pas : tout est gardé ici et repartira seul.", "The store does not answer: everything is kept here and will leave by itself.")
}

func say(fr bool, french, english string) string {
	if fr {
		return french
	}
	return english
}
