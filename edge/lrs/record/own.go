package record

import (
	"encoding/json"
	"fmt"
	"net/url"

	"preau"
	"preau/edge/lrs/xapi"
	"preau/internal/jsontree"
)

// ownExt begins the extensions that hold what the box noted and xAPI has no
// word for.
const ownExt = "https://preau.example/xapi/extensions/"

// parse reads a journal statement as xAPI, whoever wrote it.
func (s *Store) parse(st *preau.Statement) (*xapi.Statement, error) {
	if p := s.parsed[st.ID]; p != nil {
		return p, nil
	}
	return s.read(st)
}

// read is parse for those outside the writer's transactions.
func (s *Store) read(st *preau.Statement) (*xapi.Statement, error) {
	raw := st.Raw
	if len(raw) == 0 {
		raw = s.own(st)
	}
	return xapi.Read(raw)
}

// Whole is the statement as xAPI, with the id and the time of storing that
// the journal holds beside it. The bytes are exactly those received, but for
// what the specification has the store set.
func (s *Store) Whole(st *preau.Statement) json.RawMessage {
	raw := st.Raw
	if len(raw) == 0 {
		raw = s.own(st)
	}
	b := make([]byte, 0, len(raw)+100)
	b = append(b, `{"id":"`...)
	b = append(b, st.ID.String()...)
	b = append(b, `",`...)
	b = append(b, raw[1:len(raw)-1]...)
	b = append(b, `,"stored":"`...)
	b = append(b, xapi.FormatTimestamp(st.Stored)...)
	return append(b, `"}`...)
}

// own writes what the box itself noted as xAPI: people are accounts of the
// school's home page, things are activities.
func (s *Store) own(st *preau.Statement) json.RawMessage {
	actor := s.self
	if st.Actor != "" {
		actor.Account.Name = st.Actor
	}
	v := &jsontree.Value{Kind: jsontree.Object}
	v.Set("actor", agentTree(actor))
	verb := &jsontree.Value{Kind: jsontree.Object}
	verb.Set("id", jsontree.Text(st.Verb))
	v.Set("verb", verb)
	v.Set("object", s.ownObject(st))
	if result := ownPart(st.Result, "score", "success", "completion", "response", "duration"); len(result.Keys) > 0 {
		v.Set("result", result)
	}
	if context := ownPart(st.Context, "registration", "language", "contextActivities"); len(context.Keys) > 0 {
		v.Set("context", context)
	}
	v.Set("timestamp", jsontree.Text(xapi.FormatTimestamp(st.Timestamp)))
	v.Set("version", jsontree.Text("1.0.0"))
	v.Set("authority", agentTree(s.self))
	if _, err := xapi.Parse(v.Bytes(), xapi.V103); err != nil {
		v = v.Without("result", "context") // something in them is not xAPI after all
	}
	return v.Bytes()
}

func agentTree(a xapi.Agent) *jsontree.Value {
	raw, err := a.MarshalJSON()
	if err == nil {
		var v *jsontree.Value
		if v, err = jsontree.Decode(raw); err == nil {
			return v
		}
	}
	return &jsontree.Value{Kind: jsontree.Object} // never: an Agent writes JSON
}

// ownPart keeps the members that xAPI names and makes extensions of the rest.
func ownPart(raw json.RawMessage, named ...string) *jsontree.Value {
	out := &jsontree.Value{Kind: jsontree.Object}
	from, err := jsontree.Decode(raw)
	if err != nil {
		return out
	}
	extensions := &jsontree.Value{Kind: jsontree.Object}
	if e := from.Get("extensions"); e != nil && e.Kind == jsontree.Object {
		extensions = e.Without()
	}
	for _, key := range named {
		if m := from.Get(key); m != nil {
			out.Set(key, m)
		}
	}
	rest := from.Without(append(named, "extensions")...)
	for i, key := range rest.Keys {
		extensions.Set(ownExt+url.PathEscape(key), rest.Items[i])
	}
	if out.Str("registration") == (preau.ID{}).String() || out.Get("registration").Literal() == "" {
		out = out.Without("registration")
	}
	if len(extensions.Keys) > 0 {
		out.Set("extensions", extensions)
	}
	return out
}

// ownObject is the activity a statement of the box is about, or the statement
// it refers to.
func (s *Store) ownObject(st *preau.Statement) *jsontree.Value {
	v := &jsontree.Value{Kind: jsontree.Object}
	if st.ObjectKind == "statement" {
		if id, err := xapi.ParseUUID(st.Object); err == nil {
			v.Set("objectType", jsontree.Text(xapi.TypeStatementRef))
			v.Set("id", jsontree.Text(id.String()))
			return v
		}
	}
	v.Set("objectType", jsontree.Text(xapi.TypeActivity))
	v.Set("id", jsontree.Text(s.iri(st.ObjectKind, st.Object)))
	definition := &jsontree.Value{Kind: jsontree.Object}
	if kind := activityType(st.ObjectKind); kind != "" {
		definition.Set("type", jsontree.Text(kind))
		v.Set("definition", definition)
	}
	return v
}

// iri is an object's own identifier when it is one, else a name under the
// school's home page.
func (s *Store) iri(kind, object string) string {
	if iri, err := xapi.ParseIRI(object); err == nil {
		return iri
	}
	return fmt.Sprintf("%s/%s/%s", trimSlash(s.cfg.Home), url.PathEscape(kind), url.PathEscape(object))
}

func trimSlash(s string) string {
	for len(s) > 0 && s[len(s)-1] == '/' {
		s = s[:len(s)-1]
	}
	return s
}

// activityType names kinds of items by the vocabularies that have them.
func activityType(kind string) string {
	switch kind {
	case "":
		return ""
	case "video":
		return "https://w3id.org/xapi/video/activity-type/video"
	case "audio", "image", "document":
		return "http://activitystrea.ms/schema/1.0/" + map[string]string{"audio": "audio", "image": "image", "document": "file"}[kind]
	case "quiz":
		return "http://adlnet.gov/expapi/activities/assessment"
	case "app":
		return "http://activitystrea.ms/schema/1.0/application"
	}
	return "https://preau.example/xapi/activities/" + url.PathEscape(kind)
}
