package xapi

import (
	"slices"
	"strconv"
	"strings"

	"preau/internal/jsontree"
)

// Equal reports whether two statements say the same (1.0.3 part two, 2.3.1):
// what a store may assign is ignored, and so are the display of verbs, the
// definitions of activities, the order of a group's members, the case of what
// has none, the zone of a time and signatures. A timestamp counts when both
// have one. A duration is text, but nothing beyond the hundredth of a second
// counts.
func Equal(a, b *Statement) bool {
	if !a.Timestamp.IsZero() && !b.Timestamp.IsZero() && !a.Timestamp.Equal(b.Timestamp) {
		return false
	}
	one, other := core(a.tree), core(b.tree)
	truncate(one)
	truncate(other)
	return jsontree.Same(one, other)
}

// truncate cuts the seconds of durations to hundredths, in copies.
func truncate(v *jsontree.Value) {
	v.Alter("result", func(r *jsontree.Value) *jsontree.Value {
		out := r.Without()
		out.Alter("duration", func(d *jsontree.Value) *jsontree.Value {
			whole, fraction, _ := strings.Cut(strings.TrimSuffix(strings.Replace(d.Text, ",", ".", 1), "S"), ".")
			if whole == d.Text || !strings.HasSuffix(d.Text, "S") {
				return d
			}
			fraction = strings.TrimRight(fraction[:min(2, len(fraction))], "0")
			return jsontree.Text(strings.TrimSuffix(whole+"."+fraction, ".") + "S")
		})
		return out
	})
	if o := v.Get("object"); o.Str("objectType") == TypeSubStatement {
		truncate(o) // core made it
	}
}

// core is what of a statement is immutable, in one way of writing it.
func core(v *jsontree.Value) *jsontree.Value {
	out := v.Without("id", "stored", "authority", "version", "timestamp")
	out.Alter("actor", agentCore)
	out.Alter("verb", func(m *jsontree.Value) *jsontree.Value { return m.Without("display") })
	out.Alter("object", objectCore)
	out.Alter("context", contextCore)
	out.Alter("attachments", attachmentsCore)
	if list := out.Get("attachments"); list != nil && len(list.Items) == 0 {
		out = out.Without("attachments")
	}
	return out
}

func lower(v *jsontree.Value) *jsontree.Value { return jsontree.Text(strings.ToLower(v.Text)) }

func agentCore(v *jsontree.Value) *jsontree.Value {
	out := v.Without()
	if out.Get("objectType") == nil {
		out.Set("objectType", jsontree.Text(TypeAgent))
	}
	out.Alter("mbox_sha1sum", lower)
	out.Alter("mbox", func(m *jsontree.Value) *jsontree.Value {
		at := strings.LastIndexByte(m.Text, '@')
		return jsontree.Text(m.Text[:at+1] + strings.ToLower(m.Text[at+1:]))
	})
	out.Alter("member", func(m *jsontree.Value) *jsontree.Value {
		list := m.Map(agentCore)
		slices.SortFunc(list.Items, func(a, b *jsontree.Value) int { return strings.Compare(readAgent(a).Key(), readAgent(b).Key()) })
		return list
	})
	return out
}

func activityCore(v *jsontree.Value) *jsontree.Value { return v.Without("definition", "objectType") }

func refCore(v *jsontree.Value) *jsontree.Value {
	out := v.Without()
	out.Alter("id", lower)
	return out
}

func objectCore(v *jsontree.Value) *jsontree.Value {
	switch v.Str("objectType") {
	case TypeAgent, TypeGroup:
		return agentCore(v)
	case TypeStatementRef:
		return refCore(v)
	case TypeSubStatement:
		out := core(v)
		if t := readTime(v, "timestamp"); !t.IsZero() {
			out.Set("timestamp", jsontree.Text(strconv.FormatInt(t.UnixNano(), 10)))
		}
		return out
	}
	return activityCore(v)
}

func contextCore(v *jsontree.Value) *jsontree.Value {
	out := v.Without()
	out.Alter("registration", lower)
	out.Alter("instructor", agentCore)
	out.Alter("team", agentCore)
	out.Alter("statement", refCore)
	out.Alter("contextActivities", func(m *jsontree.Value) *jsontree.Value {
		out := m.Without()
		for _, key := range m.Keys {
			out.Alter(key, func(list *jsontree.Value) *jsontree.Value { return list.Map(activityCore) })
		}
		return out
	})
	for _, p := range [...]struct{ list, key string }{{"contextAgents", "agent"}, {"contextGroups", "group"}} {
		out.Alter(p.list, func(m *jsontree.Value) *jsontree.Value {
			return m.Map(func(party *jsontree.Value) *jsontree.Value {
				out := party.Without()
				out.Alter(p.key, agentCore)
				return out
			})
		})
	}
	return out
}

func attachmentsCore(v *jsontree.Value) *jsontree.Value {
	out := &jsontree.Value{Kind: jsontree.Array}
	for _, m := range v.Items {
		if m.Str("usageType") == UsageSignature {
			continue
		}
		m = m.Without()
		m.Alter("sha2", lower)
		out.Items = append(out.Items, m)
	}
	return out
}
