package jsontree

import "slices"

// Only is v with some of its members, sharing them.
func (v *Value) Only(keys ...string) *Value {
	out := &Value{Kind: Object}
	for i, k := range v.Keys {
		if slices.Contains(keys, k) {
			out.Keys, out.Items = append(out.Keys, k), append(out.Items, v.Items[i])
		}
	}
	return out
}

// Alter replaces a member; the tree it came from stays as it is, because v is
// a copy made by Without.
func (v *Value) Alter(key string, f func(*Value) *Value) {
	if m := v.Get(key); m != nil {
		v.Set(key, f(m))
	}
}

// Map is the array of what f makes of each item; one object where a list is
// meant counts as a list of one.
func (v *Value) Map(f func(*Value) *Value) *Value {
	if v.Kind == Object { // one where a list is meant
		v = &Value{Kind: Array, Items: []*Value{v}}
	}
	out := &Value{Kind: Array, Items: make([]*Value, len(v.Items))}
	for i, m := range v.Items {
		out.Items[i] = f(m)
	}
	return out
}

// Literal is the text of a value that may be absent.
func (v *Value) Literal() string {
	if v == nil {
		return ""
	}
	return v.Text
}
