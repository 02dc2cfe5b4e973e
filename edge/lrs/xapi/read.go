package xapi

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"preau"
	"preau/internal/jsontree"
)

// Read reads a statement that Parse accepted before, without checking it
// again: what a store kept.
func Read(raw []byte) (*Statement, error) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		return nil, err
	}
	st := readStatement(tree)
	st.Raw = raw
	return st, nil
}

func readStatement(v *jsontree.Value) *Statement {
	st := &Statement{tree: v, ID: readID(v), Verb: v.Get("verb").Str("id"), Timestamp: readTime(v, "timestamp"),
		Stored: readTime(v, "stored"), Version: v.Str("version")}
	if m := v.Get("verb").Get("display"); m != nil {
		st.Display = m.Bytes()
	}
	if m := v.Get("actor"); m != nil {
		st.Actor = readAgent(m)
	}
	if m := v.Get("object"); m != nil {
		st.Object = readObject(m)
	}
	if m := v.Get("result"); m != nil {
		st.Result = readResult(m)
	}
	if m := v.Get("context"); m != nil {
		st.Context = readContext(m)
	}
	st.Authority = optionalAgent(v.Get("authority"))
	if m := v.Get("attachments"); m != nil {
		for _, a := range m.Items {
			length, _ := strconv.ParseInt(a.Get("length").Literal(), 10, 64) // checked before
			st.Attachments = append(st.Attachments, Attachment{UsageType: a.Str("usageType"), ContentType: a.Str("contentType"),
				Length: length, SHA2: strings.ToLower(a.Str("sha2")), FileURL: a.Str("fileUrl")})
		}
	}
	return st
}

func readID(v *jsontree.Value) preau.ID {
	id, err := ParseUUID(v.Str("id"))
	if err != nil {
		return preau.ID{} // absent
	}
	return id
}

func readTime(v *jsontree.Value, key string) time.Time {
	t, err := ParseTimestamp(v.Str(key), V103)
	if err != nil {
		return time.Time{} // absent
	}
	return t
}

func optionalAgent(v *jsontree.Value) *Agent {
	if v == nil {
		return nil
	}
	a := readAgent(v)
	return &a
}

func readObject(v *jsontree.Value) Object {
	o := Object{Type: v.Str("objectType")}
	switch o.Type {
	case TypeAgent, TypeGroup:
		o.Agent = optionalAgent(v)
	case TypeStatementRef:
		o.Ref = readID(v)
	case TypeSubStatement:
		o.Sub = readStatement(v)
	default:
		a := readActivity(v)
		o = Object{Type: TypeActivity, ID: a.ID, Definition: a.Definition}
	}
	return o
}

func readActivity(v *jsontree.Value) Activity {
	a := Activity{ID: v.Str("id")}
	if d := v.Get("definition"); d != nil {
		a.Definition = d.Bytes()
	}
	return a
}

func readExtensions(v *jsontree.Value) map[string]json.RawMessage {
	e := v.Get("extensions")
	if e == nil {
		return nil
	}
	m := make(map[string]json.RawMessage, len(e.Keys))
	for i, key := range e.Keys {
		m[key] = e.Items[i].Bytes()
	}
	return m
}

func readResult(v *jsontree.Value) *Result {
	r := &Result{Success: readBool(v.Get("success")), Completion: readBool(v.Get("completion")), Duration: v.Str("duration"), Extensions: readExtensions(v)}
	if m := v.Get("response"); m != nil {
		r.Response = &m.Text
	}
	if s := v.Get("score"); s != nil {
		r.Score = &Score{Scaled: readNumber(s.Get("scaled")), Raw: readNumber(s.Get("raw")), Min: readNumber(s.Get("min")), Max: readNumber(s.Get("max"))}
	}
	return r
}

func readBool(v *jsontree.Value) *bool {
	if v == nil {
		return nil
	}
	b := v.Text == "true"
	return &b
}

// readNumber gives none for what a float64 cannot hold.
func readNumber(v *jsontree.Value) *float64 {
	if v == nil {
		return nil
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	if err != nil {
		return nil
	}
	return &f
}

func readContext(v *jsontree.Value) *Context {
	c := &Context{Instructor: optionalAgent(v.Get("instructor")), Team: optionalAgent(v.Get("team")), Revision: v.Str("revision"),
		Platform: v.Str("platform"), Language: v.Str("language"), Extensions: readExtensions(v)}
	if id, err := ParseUUID(v.Str("registration")); err == nil {
		c.Registration = id
	}
	if m := v.Get("statement"); m != nil {
		c.Statement = readID(m)
	}
	if m := v.Get("contextActivities"); m != nil {
		c.Activities = ContextActivities{Parent: readActivities(m.Get("parent")), Grouping: readActivities(m.Get("grouping")),
			Category: readActivities(m.Get("category")), Other: readActivities(m.Get("other"))}
	}
	for _, p := range [...]struct{ list, key string }{{"contextAgents", "agent"}, {"contextGroups", "group"}} {
		if m := v.Get(p.list); m != nil {
			for _, party := range m.Items {
				if a := optionalAgent(party.Get(p.key)); a != nil {
					c.Agents = append(c.Agents, *a)
				}
			}
		}
	}
	return c
}

func readActivities(v *jsontree.Value) (list []Activity) {
	if v == nil {
		return nil
	}
	if v.Kind == jsontree.Object {
		return []Activity{readActivity(v)}
	}
	for _, m := range v.Items {
		list = append(list, readActivity(m))
	}
	return list
}

// listed makes lists of the single activities of a context, here and in a
// SubStatement, and reports whether there were any.
func listed(v *jsontree.Value) (changed bool) {
	if m := v.Get("context").Get("contextActivities"); m != nil {
		for i, a := range m.Items {
			if a.Kind == jsontree.Object {
				m.Items[i] = &jsontree.Value{Kind: jsontree.Array, Items: []*jsontree.Value{a}}
				changed = true
			}
		}
	}
	if o := v.Get("object"); o.Str("objectType") == TypeSubStatement {
		changed = listed(o) || changed
	}
	return changed
}

// Kept is the statement as a store keeps it: as received, with the authority
// and version given, the timestamp if it had none, times in UTC (2.0.0 has
// the store answer so, 1.0.3 would like it to), and without its id and
// stored, which the store holds beside it.
func (st *Statement) Kept(authority Agent, v Version, now time.Time) json.RawMessage {
	out := st.tree.Without("id", "stored", "authority")
	if st.Timestamp.IsZero() {
		out.Set("timestamp", jsontree.Text(FormatTimestamp(now)))
	}
	if st.Version == "" {
		out.Set("version", jsontree.Text(map[Version]string{V103: "1.0.0", V200: "2.0.0"}[v]))
	}
	out.Set("authority", authority.tree())
	out.Alter("timestamp", inUTC)
	out.Alter("object", func(o *jsontree.Value) *jsontree.Value {
		if o.Str("objectType") == TypeSubStatement {
			o = o.Without()
			o.Alter("timestamp", inUTC)
		}
		return o
	})
	return out.Bytes()
}

// inUTC moves a time to UTC and keeps its precision. One without a zone stays
// as it is: nobody knows.
func inUTC(v *jsontree.Value) *jsontree.Value {
	s := v.Text
	t, err := ParseTimestamp(s, V103)
	if err != nil || strings.HasSuffix(s, "Z") || !zoned.MatchString(s) {
		return v
	}
	if t.Nanosecond()%1e6 == 0 {
		return jsontree.Text(FormatTimestamp(t))
	}
	return jsontree.Text(t.UTC().Format("2006-01-02T15:04:05.999999999Z"))
}
