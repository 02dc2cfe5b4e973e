package lrs

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"preau"
	"preau/edge/lrs/document"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/xapi"
	"preau/internal/jsontree"
)

// documents is the resource of a kind of documents: one by name, or the list
// of names.
func (l *LRS) documents(kind document.Kind) resource {
	return resource{
		http.MethodGet:    func(q *request) error { return l.getDocument(q, kind) },
		http.MethodPut:    func(q *request) error { return l.changeDocument(q, kind) },
		http.MethodPost:   func(q *request) error { return l.changeDocument(q, kind) },
		http.MethodDelete: func(q *request) error { return l.deleteDocument(q, kind) },
	}
}

// target is what a request for documents is about.
type target struct {
	owner document.Owner
	name  string // "" for the list
}

// target reads the parameters; the name's is stateId or profileId.
func (l *LRS) target(q *request, kind document.Kind, list bool) (t target, err error) {
	name, known := "profileId", []string{"profileId"}
	switch kind {
	case document.State:
		name, known = "stateId", []string{"activityId", "agent", "registration", "stateId"}
	case document.ActivityProfile:
		known = append(known, "activityId")
	case document.AgentProfile:
		known = append(known, "agent")
	}
	if list {
		known = append(known, "since")
	}
	if err := q.params.only(known...); err != nil {
		return t, err
	}
	t.owner.Kind = kind
	if kind != document.AgentProfile {
		if _, err := q.params.must("activityId"); err != nil {
			return t, err
		}
		if t.owner.Activity, err = q.params.iri("activityId"); err != nil {
			return t, err
		}
	}
	if kind != document.ActivityProfile {
		if err := l.agentOf(q, &t.owner); err != nil {
			return t, err
		}
	}
	if kind == document.State {
		if t.owner.Registration, err = q.params.uuid("registration"); err != nil {
			return t, err
		}
		t.owner.AnyRegistration = !q.params.has("registration")
	}
	if t.name = q.params[name]; q.params.has(name) && t.name == "" || len(t.name) > document.MaxName {
		return t, invalid("the parameter " + quote(name) + " is empty, or too long")
	}
	return t, q.within(t)
}

func (l *LRS) agentOf(q *request, o *document.Owner) error {
	if _, err := q.params.must("agent"); err != nil {
		return err
	}
	a, err := q.params.agent("agent", q.version)
	if err != nil {
		return err
	}
	o.Agent = a.Key()
	if a.Account.HomePage == l.Home {
		o.Person = a.Account.Name
	}
	return nil
}

// within keeps a grant to its own person, activity and attempt.
func (q *request) within(t target) error {
	o := t.owner
	if err := q.need(scopeOf(o.Kind, q.Method)...); err != nil {
		return err
	}
	g := q.key.Grant
	if g == nil || q.key.May(keys.All) {
		return nil
	}
	isRead := q.Method == http.MethodGet || q.Method == http.MethodHead
	if o.Agent != "" && o.Agent != g.Actor.Key() || o.Kind == document.State && !isRead && o.Registration != g.Registration {
		return preau.E(preau.Forbidden, "the key of a launch is for its own person and attempt", "", nil)
	}
	if o.Kind == document.ActivityProfile && !isRead && o.Activity != g.Activity {
		return preau.E(preau.Forbidden, "the key of a launch writes the profile of its own activity only", "Use the activityId that the launch gave.", nil)
	}
	if o.Kind == document.State && !isRead && (t.name == document.LaunchData || t.name == "") {
		return preau.E(preau.Forbidden, "an AU neither changes nor deletes "+document.LaunchData, "Delete other states by their names (cmi5, section 10).", nil)
	}
	return nil
}

func scopeOf(kind document.Kind, method string) []keys.Scope {
	scopes := []keys.Scope{keys.Profile}
	if kind == document.State {
		scopes[0] = keys.State
	}
	if method == http.MethodGet || method == http.MethodHead {
		scopes = append(scopes, keys.AllRead)
	}
	return scopes
}

func (l *LRS) getDocument(q *request, kind document.Kind) error {
	isList := !q.params.has("stateId") && !q.params.has("profileId")
	t, err := l.target(q, kind, isList)
	if err != nil {
		return err
	}
	h := q.w.Header()
	if isList {
		since, err := q.params.time("since", q.version)
		if err != nil {
			return err
		}
		names, last, err := l.Documents.Names(q.Context(), t.owner, since)
		if err != nil {
			return err
		}
		if names == nil {
			names = []string{}
		}
		if !last.IsZero() {
			h.Set("Last-Modified", last.Format(http.TimeFormat))
		}
		return q.json(names)
	}
	d, err := l.Documents.Get(q.Context(), t.owner, t.name)
	if err != nil {
		return err
	}
	h.Set("ETag", `"`+d.ETag+`"`)
	h.Set("Last-Modified", d.Updated.Format(http.TimeFormat))
	h.Set("Content-Type", d.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(d.Content)))
	// What an application stored is never a page of the box.
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	return q.body(d.Content)
}

func (l *LRS) changeDocument(q *request, kind document.Kind) error {
	t, err := l.target(q, kind, false)
	if err != nil {
		return err
	}
	if t.name == "" {
		return invalid("the parameter stateId or profileId is missing")
	}
	content, err := io.ReadAll(http.MaxBytesReader(q.w, q.Body, document.MaxDocument))
	if err != nil {
		return err
	}
	d := document.Document{Name: t.name, ContentType: q.Header.Get("Content-Type"), Content: content}
	if d.ContentType == "" {
		d.ContentType = "application/octet-stream"
	}
	if isJSON(d.ContentType) {
		if _, err := jsontree.Decode(content); err != nil {
			return preau.E(preau.Invalid, "the document says it is JSON and is not", "Correct it, or send another Content-Type.", err)
		}
	}
	m := document.Match{IfMatch: q.Header.Get("If-Match"), IfNoneMatch: q.Header.Get("If-None-Match")}
	if q.Method == http.MethodPost {
		err = l.Documents.Post(q.Context(), t.owner, d, m)
	} else {
		// 1.0.3 lets a state be overwritten as it is and asks both headers of a
		// profile, a new one too; 2.0 asks them of whatever exists (4.1.4).
		m.Must = kind != document.State || q.version != xapi.V103
		m.MustNew = kind != document.State && q.version == xapi.V103
		err = l.Documents.Put(q.Context(), t.owner, d, m)
	}
	if err != nil {
		return err
	}
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (l *LRS) deleteDocument(q *request, kind document.Kind) error {
	t, err := l.target(q, kind, false)
	if err != nil {
		return err
	}
	switch {
	case t.name != "":
		m := document.Match{IfMatch: q.Header.Get("If-Match"), IfNoneMatch: q.Header.Get("If-None-Match")}
		err = l.Documents.Delete(q.Context(), t.owner, t.name, m)
	case kind == document.State:
		err = l.Documents.DeleteAll(q.Context(), t.owner)
	default:
		err = invalid("the parameter profileId is missing")
	}
	if err != nil {
		return err
	}
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

func isJSON(kind string) bool {
	media, _, _ := strings.Cut(kind, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/json")
}

// json writes v as the whole answer.
func (q *request) json(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "application/json")
	q.w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	return q.body(b)
}

// body writes b, but not to HEAD.
func (q *request) body(b []byte) error {
	if q.Method == http.MethodHead {
		q.w.WriteHeader(http.StatusOK)
		return nil
	}
	if _, err := q.w.Write(b); err != nil {
		return &cutOff{err}
	}
	return nil
}

// lastModified notes when the newest thing of an answer was stored.
func (q *request) lastModified(t time.Time) {
	if !t.IsZero() {
		q.w.Header().Set("Last-Modified", t.UTC().Format(http.TimeFormat))
	}
}
