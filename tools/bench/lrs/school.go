package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"preau"
)

// school invents a year of statements, the same for the same seed: pupils in
// classes, a timetable's hours, exercises and films of several applications
// that write their JSON each in its own way. No person and no place in it
// exists. The dictionary of the journal's blocks was not made from it.
type school struct {
	dice     *rand.Rand
	at       time.Time
	step     time.Duration // mean time between two statements of the school
	sessions []session     // of the pupils
}

type session struct {
	id    preau.ID
	until time.Time
	app   int
	item  int
}

const (
	pupils  = 1000
	classes = 34
	home    = "https://college.exemple.example" // of the school's accounts
)

// pid is the local name of the n-th pupil, who is in class n%classes.
func pid(n int) string { return fmt.Sprintf("2026-%04d-%c", 1000+n, 'a'+n%26) }

// newSchool starts at from and will say n statements in a school year of 36
// weeks, 5 days, 6 hours.
func newSchool(seed uint64, from time.Time, n int) *school {
	const taught = 36 * 5 * 6 * time.Hour
	return &school{dice: rand.New(rand.NewPCG(seed, 1)), at: from, step: taught / time.Duration(n), sessions: make([]session, pupils)}
}

func (s *school) uuid() (id preau.ID) {
	for i := 0; i < len(id); i += 8 {
		v := s.dice.Uint64()
		for k := range 8 {
			id[i+k] = byte(v >> (8 * k))
		}
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// said is one statement as an application sends it.
type said struct {
	id           preau.ID
	registration preau.ID
	pupil        string
	verb, object string
	at           time.Time
	raw          []byte
}

var apps = []struct{ host, lang, platform string }{
	{"https://exercices.exemple-editeur.example", "fr-FR", "Atelier de calcul 4.2"},
	{"https://lecture.exemple.example/app", "fr", "Lecture suivie"},
	{"https://films.exemple.example", "fr", "Lecteur 2.1.0"},
	{"https://english.exemple.example/kids", "en", "Kids' corner"},
	{"https://sciences.exemple.example/labo", "fr", "Labo"},
}

// next invents the next statement of the year.
func (s *school) next() said {
	s.at = s.at.Add(time.Duration(s.dice.ExpFloat64() * float64(s.step)))
	if s.at.Hour() >= 15 { // lessons are from 9 to 15 h, every day that the year has
		s.at = time.Date(s.at.Year(), s.at.Month(), s.at.Day()+1, 9, 0, 0, 0, s.at.Location())
	}
	n := s.dice.IntN(pupils)
	in := &s.sessions[n]
	if s.at.After(in.until) {
		// A class does the same thing at the same time, more or less.
		class, day := n%classes, s.at.YearDay()
		*in = session{s.uuid(), s.at.Add(50 * time.Minute), (class + day + s.at.Hour()) % len(apps), (class*7 + 2*day + s.dice.IntN(4)) % 400}
	}
	if s.dice.IntN(16) == 0 {
		in.item = (in.item + 1) % 400
	}
	st := said{id: s.uuid(), registration: in.id, pupil: pid(n), at: s.at.Truncate(time.Millisecond)}
	app := apps[in.app]
	st.object = fmt.Sprintf("%s/activites/chapitre-%02d/etape-%03d", app.host, in.item/20, in.item)
	when := st.at.Format("2006-01-02T15:04:05.000Z")
	who := fmt.Sprintf(`{"objectType":"Agent","account":{"homePage":"%s","name":%q}}`, home, st.pupil)
	switch s.dice.IntN(10) {
	case 0, 1, 2, 3, 4: // an answer
		st.verb = "http://adlnet.gov/expapi/verbs/answered"
		right, tries := s.dice.IntN(3) > 0, 1+s.dice.IntN(3)
		st.raw = fmt.Appendf(nil, `{"id":"%s","actor":%s,"verb":{"id":"%s","display":{"%s":"a répondu"}},"object":{"objectType":"Activity","id":"%s","definition":{"name":{"%s":"Étape %d du chapitre %d"},"type":"http://adlnet.gov/expapi/activities/cmi.interaction","interactionType":"choice"}},"result":{"success":%t,"response":"%d","duration":"PT%d.%02dS","score":{"scaled":%.2f,"raw":%d,"min":0,"max":20}},"context":{"registration":"%s","platform":"%s","language":"%s","contextActivities":{"parent":[{"id":"%s/activites/chapitre-%02d","objectType":"Activity"}]},"extensions":{"%s/ext/essai":%d}},"timestamp":"%s"}`,
			st.id, who, st.verb, app.lang, st.object, app.lang, in.item, in.item/20, right, s.dice.IntN(4), 2+s.dice.IntN(90), s.dice.IntN(100),
			s.dice.Float64(), s.dice.IntN(21), in.id, app.platform, app.lang, app.host, in.item/20, app.host, tries, when)
	case 5, 6, 7: // a film
		st.verb = "https://w3id.org/xapi/video/verbs/" + []string{"played", "paused", "seeked"}[s.dice.IntN(3)]
		time := s.dice.Float64() * 200
		st.raw = fmt.Appendf(nil, `{"actor":%s,"context":{"contextActivities":{"category":[{"id":"https://w3id.org/xapi/video"}]},"extensions":{"https://w3id.org/xapi/video/extensions/session-id":"%s","https://w3id.org/xapi/video/extensions/length":%d,"https://w3id.org/xapi/video/extensions/speed":"1x","https://w3id.org/xapi/video/extensions/volume":%.1f},"registration":"%s","language":"%s"},"id":"%s","object":{"definition":{"type":"https://w3id.org/xapi/video/activity-type/video","name":{"fr":"Film %d"}},"id":"%s"},"result":{"extensions":{"https://w3id.org/xapi/video/extensions/time":%.3f,"https://w3id.org/xapi/video/extensions/played-segments":"0[.]%.3f[,]%.3f[.]%.3f"}},"timestamp":"%s","verb":{"display":{"en":"%s"},"id":"%s"}}`,
			who, in.id, 120+in.item, s.dice.Float64(), in.id, app.lang, st.id, in.item, st.object, time, time/3, time/2, time, when, st.verb[len("https://w3id.org/xapi/video/verbs/"):], st.verb)
	default: // beginnings and ends
		st.verb = "http://adlnet.gov/expapi/verbs/" + []string{"initialized", "progressed", "completed", "terminated"}[s.dice.IntN(4)]
		st.raw = fmt.Appendf(nil, "{\n  \"id\": \"%s\",\n  \"actor\": %s,\n  \"verb\": { \"id\": \"%s\" },\n  \"object\": { \"objectType\": \"Activity\", \"id\": \"%s\", \"definition\": { \"type\": \"http://adlnet.gov/expapi/activities/lesson\", \"name\": { \"fr\": \"Étape %d\" } } },\n  \"result\": { \"completion\": %t, \"duration\": \"PT%dM%dS\", \"extensions\": { \"https://w3id.org/xapi/cmi5/result/extensions/progress\": %d } },\n  \"context\": {\n    \"registration\": \"%s\",\n    \"contextActivities\": { \"category\": [{ \"id\": \"https://w3id.org/xapi/cmi5/context/categories/cmi5\" }], \"grouping\": [{ \"id\": \"%s/cours\" }] },\n    \"extensions\": { \"https://w3id.org/xapi/cmi5/context/extensions/sessionid\": \"%s\" }\n  },\n  \"timestamp\": \"%s\"\n}",
			st.id, who, st.verb, st.object, in.item, s.dice.IntN(2) == 0, s.dice.IntN(20), s.dice.IntN(60), s.dice.IntN(101), in.id, app.host, in.id, when)
	}
	return st
}
