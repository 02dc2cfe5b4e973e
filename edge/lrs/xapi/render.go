package xapi

import (
	"encoding/json"
	"slices"
	"strings"

	"preau/internal/jsontree"
)

// IDs writes a statement with no more of its agents, verbs and activities
// than identifies them.
func IDs(raw []byte) (json.RawMessage, error) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		return nil, err
	}
	return shape{agent: agentID, verb: func(v *jsontree.Value) *jsontree.Value { return v.Only("id") }, activity: func(v *jsontree.Value) *jsontree.Value { return v.Only("id") }}.statement(tree).Bytes(), nil
}

// Canonical writes a statement with what is known of its activities (their
// definition) and verbs (their display), where nil leaves its own, and one
// language in each map, the best of those wanted.
func Canonical(raw []byte, wanted []string, activity, verb func(iri string) json.RawMessage) (json.RawMessage, error) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		return nil, err
	}
	s := shape{agent: func(v *jsontree.Value) *jsontree.Value { return v }}
	s.verb = func(v *jsontree.Value) *jsontree.Value {
		out := v.Without()
		if known := verb(v.Str("id")); known != nil {
			if d, err := jsontree.Decode(known); err == nil {
				out.Set("display", d)
			}
		}
		out.Alter("display", func(m *jsontree.Value) *jsontree.Value { return pick(m, wanted) })
		return out
	}
	s.activity = func(v *jsontree.Value) *jsontree.Value {
		out := v.Without()
		if known := activity(v.Str("id")); known != nil {
			if d, err := jsontree.Decode(known); err == nil {
				out.Set("definition", d)
			}
		}
		out.Alter("definition", func(d *jsontree.Value) *jsontree.Value { return oneLanguage(d, wanted) })
		return out
	}
	return s.statement(tree).Bytes(), nil
}

// CanonicalDefinition writes an activity's definition in one language.
func CanonicalDefinition(raw []byte, wanted []string) (json.RawMessage, error) {
	d, err := jsontree.Decode(raw)
	if err != nil {
		return nil, err
	}
	return oneLanguage(d, wanted).Bytes(), nil
}

func agentID(v *jsontree.Value) *jsontree.Value {
	out := v.Only(append([]string{"objectType"}, identifiers...)...)
	if readAgent(v).Anonymous() {
		if m := v.Get("member"); m != nil {
			out.Set("member", m.Map(agentID))
		}
	}
	return out
}

// shape says how each part of a statement is written.
type shape struct {
	agent, verb, activity func(*jsontree.Value) *jsontree.Value
}

func (s shape) statement(v *jsontree.Value) *jsontree.Value {
	out := v.Without()
	out.Alter("actor", s.agent)
	out.Alter("authority", s.agent)
	out.Alter("verb", s.verb)
	out.Alter("object", func(m *jsontree.Value) *jsontree.Value {
		switch m.Str("objectType") {
		case TypeAgent, TypeGroup:
			return s.agent(m)
		case TypeSubStatement:
			return s.statement(m)
		case TypeStatementRef:
			return m
		}
		return s.activity(m)
	})
	out.Alter("context", func(m *jsontree.Value) *jsontree.Value {
		c := m.Without()
		c.Alter("instructor", s.agent)
		c.Alter("team", s.agent)
		c.Alter("contextActivities", func(lists *jsontree.Value) *jsontree.Value {
			l := lists.Without()
			for _, key := range lists.Keys {
				l.Alter(key, func(list *jsontree.Value) *jsontree.Value { return list.Map(s.activity) })
			}
			return l
		})
		for _, p := range [...]struct{ list, key string }{{"contextAgents", "agent"}, {"contextGroups", "group"}} {
			c.Alter(p.list, func(list *jsontree.Value) *jsontree.Value {
				return list.Map(func(party *jsontree.Value) *jsontree.Value {
					out := party.Without()
					out.Alter(p.key, s.agent)
					return out
				})
			})
		}
		return c
	})
	return out
}

// oneLanguage keeps one language of every map of a definition.
func oneLanguage(d *jsontree.Value, wanted []string) *jsontree.Value {
	out := d.Without()
	choose := func(m *jsontree.Value) *jsontree.Value { return pick(m, wanted) }
	out.Alter("name", choose)
	out.Alter("description", choose)
	for _, key := range componentLists {
		out.Alter(key, func(list *jsontree.Value) *jsontree.Value {
			return list.Map(func(c *jsontree.Value) *jsontree.Value {
				c = c.Without()
				c.Alter("description", choose)
				return c
			})
		})
	}
	return out
}

// pick chooses by RFC 4647 lookup: each range wanted, shortened from its end
// until a tag matches, then any longer tag that begins with it. Without a
// match it is the map's first.
func pick(m *jsontree.Value, wanted []string) *jsontree.Value {
	if len(m.Keys) < 2 {
		return m
	}
	best := -1
	for _, want := range wanted {
		if want == "*" {
			break
		}
		if best = match(m.Keys, strings.ToLower(want)); best >= 0 {
			break
		}
	}
	best = max(best, 0)
	return &jsontree.Value{Kind: jsontree.Object, Keys: m.Keys[best : best+1], Items: m.Items[best : best+1]}
}

func match(tags []string, want string) int {
	for {
		i := slices.IndexFunc(tags, func(tag string) bool { return strings.ToLower(tag) == want })
		if i < 0 {
			i = slices.IndexFunc(tags, func(tag string) bool { return strings.HasPrefix(strings.ToLower(tag), want+"-") })
		}
		cut := strings.LastIndexByte(want, '-')
		if i >= 0 || cut < 0 {
			return i
		}
		want = want[:cut]
		if cut > 1 && want[cut-2] == '-' {
			want = want[:cut-2] // a single letter ends no tag
		}
	}
}
