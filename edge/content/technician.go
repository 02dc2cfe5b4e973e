package content

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"preau/edge/pages/technicien"
	"preau/media/shelf"
)

// Rollback returns to the generation before the current one; what it lacks is
// fetched again.
func (c *Content) Rollback(ctx context.Context) error {
	_, err := c.deps.Items.Rollback(ctx)
	if err == nil {
		c.deps.Wake()
	}
	return err
}

// Contents is where the content stands, in the reader's language.
func (c *Content) Contents(ctx context.Context, lang string) (facts []technicien.Fact, previous string, err error) {
	st, err := c.Status(ctx)
	if err != nil {
		return nil, "", err
	}
	cat, err := c.deps.Items.Status(ctx)
	if err != nil {
		return nil, "", err
	}
	w := words{lang == "en"}
	add := func(name, value string, bad bool) {
		facts = append(facts, technicien.Fact{Name: name, Value: value, Bad: bad})
	}
	add("held", w.amount(st.Held), false)
	if st.Missing.Files > 0 {
		add("missing", w.amount(st.Missing), false)
	}
	if st.LeftOut.Files > 0 {
		add("leftout", w.amount(st.LeftOut), true)
	}
	room := w.say("le disque entier", "the whole disk")
	if st.Quota > 0 {
		room = w.size(st.Quota)
	}
	add("quota", room+" · "+w.say(w.size(st.Floor)+" restent aux relevés", w.size(st.Floor)+" stay for records"), false)
	if g := cat.Generation; g.ID != 0 {
		value := g.Made.In(c.deps.Zone).Format("02/01/2006")
		if cat.Back != nil {
			value += " · " + w.say("retour en arrière, jusqu’à la prochaine", "rolled back, until the next")
		}
		add("generation", value, cat.Back != nil)
	}
	sc := st.Scrub
	scrub, bad := w.say("pas encore fait", "not done yet"), sc.Waiting > 0
	switch {
	case sc.At != "":
		scrub = w.say("en cours · ", "under way · ") + w.size(sc.Bytes)
	case !sc.Full.IsZero():
		scrub = sc.Full.In(c.deps.Zone).Format("02/01/2006 15:04") + " · " + w.say(strconv.Itoa(sc.Rotten)+" abîmé(s)", strconv.Itoa(sc.Rotten)+" rotten")
	}
	if bad {
		scrub += " · " + w.say(strconv.Itoa(sc.Waiting)+" à reprendre", strconv.Itoa(sc.Waiting)+" to fetch again")
	}
	add("scrub", scrub, bad)
	if p := cat.Previous; p.ID != 0 {
		previous = p.Made.In(c.deps.Zone).Format("02/01/2006")
	}
	return facts, previous, nil
}

// words write amounts for people.
type words struct{ english bool }

func (w words) say(fr, en string) string {
	if w.english {
		return en
	}
	return fr
}

func (w words) amount(t shelf.Tally) string {
	if t.Files == 1 {
		return w.say("1 fichier, ", "1 file, ") + w.size(t.Bytes)
	}
	return fmt.Sprintf(w.say("%d fichiers, ", "%d files, "), t.Files) + w.size(t.Bytes)
}

func (w words) size(n int64) string {
	unit, v := w.say("ko", "kB"), float64(n)/1e3
	switch {
	case n >= 1e9:
		unit, v = w.say("Go", "GB"), float64(n)/1e9
	case n >= 1e6:
		unit, v = w.say("Mo", "MB"), float64(n)/1e6
	}
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if !w.english {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s + "\u00a0" + unit
}
