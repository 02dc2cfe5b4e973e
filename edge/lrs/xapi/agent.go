package xapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"preau"
	"preau/internal/jsontree"
)

var (
	mailto = regexp.MustCompile(`^mailto:[^\s@<>"]+@[^\s@<>"]+$`)
	sha1   = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)
	sha2   = regexp.MustCompile(`^(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})$`)
)

// identifiers are the inverse functional ones: an agent has exactly one.
var identifiers = []string{"mbox", "mbox_sha1sum", "openid", "account"}

// agent checks an Agent or a Group, whichever it says it is.
func (c *checker) agent(v *jsontree.Value) {
	if !c.is(v, jsontree.Object) {
		return
	}
	if v.Str("objectType") == TypeGroup {
		c.group(v)
		return
	}
	if !c.object(v, "objectType", "name", "mbox", "mbox_sha1sum", "openid", "account") {
		return
	}
	c.in(v, "objectType", func(m *jsontree.Value) { c.constant(m, TypeAgent) })
	c.in(v, "name", c.plainText)
	if c.identifier(v) == 0 {
		c.fail("an Agent needs one of mbox, mbox_sha1sum, openid, account")
	}
}

func (c *checker) group(v *jsontree.Value) {
	if !c.object(v, "objectType", "name", "mbox", "mbox_sha1sum", "openid", "account", "member") {
		return
	}
	c.must(v, "objectType", func(m *jsontree.Value) { c.constant(m, TypeGroup) })
	c.in(v, "name", c.plainText)
	c.in(v, "member", func(m *jsontree.Value) {
		c.each(m, func(a *jsontree.Value) {
			if a.Str("objectType") == TypeGroup {
				c.fail("a Group cannot be a member")
				return
			}
			c.agent(a)
		})
	})
	if c.identifier(v) == 0 && (v.Get("member") == nil || len(v.Get("member").Items) == 0) {
		c.fail("a Group without identifier needs its members")
	}
}

// identifier checks those present and that there is one at most.
func (c *checker) identifier(v *jsontree.Value) (n int) {
	for _, key := range identifiers {
		if v.Get(key) != nil {
			n++
		}
	}
	if n > 1 {
		c.fail("it has more than one of mbox, mbox_sha1sum, openid, account")
	}
	c.in(v, "mbox", func(m *jsontree.Value) {
		if c.is(m, jsontree.String) && (len(m.Text) > maxIRI || !mailto.MatchString(m.Text)) {
			c.fail(jsontree.Quote(m.Text) + " is not mailto: and an address")
		}
	})
	c.in(v, "mbox_sha1sum", func(m *jsontree.Value) {
		if c.is(m, jsontree.String) && !sha1.MatchString(m.Text) {
			c.fail(jsontree.Quote(m.Text) + " is not 40 hexadecimal digits")
		}
	})
	c.in(v, "openid", c.iri)
	c.in(v, "account", func(m *jsontree.Value) {
		if !c.object(m, "homePage", "name") {
			return
		}
		c.must(m, "homePage", c.iri)
		c.must(m, "name", func(n *jsontree.Value) {
			if c.is(n, jsontree.String) && len(n.Text) > maxIRI {
				c.fail("the name is too long")
			}
		})
	})
	return n
}

func (c *checker) constant(v *jsontree.Value, want string) {
	if c.is(v, jsontree.String) && v.Text != want {
		c.fail(jsontree.Quote(v.Text) + " is not " + jsontree.Quote(want))
	}
}

// ParseAgent reads an Agent or Group object, as the agent parameter holds it.
func ParseAgent(raw []byte, v Version) (Agent, error) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		return Agent{}, err
	}
	c := &checker{version: v, path: []string{"agent"}}
	if c.agent(tree); c.err != nil {
		return Agent{}, c.err
	}
	return readAgent(tree), nil
}

// readAgent reads what agent has checked.
func readAgent(v *jsontree.Value) Agent {
	a := Agent{Group: v.Str("objectType") == TypeGroup, Name: v.Str("name"), Mbox: v.Str("mbox"),
		MboxSHA1: strings.ToLower(v.Str("mbox_sha1sum")), OpenID: v.Str("openid")}
	if acc := v.Get("account"); acc != nil {
		a.Account = Account{HomePage: acc.Str("homePage"), Name: acc.Str("name")}
	}
	if m := v.Get("member"); m != nil {
		for _, member := range m.Items {
			a.Members = append(a.Members, readAgent(member))
		}
	}
	return a
}

// Anonymous reports whether the agent has no identifier: only groups may.
func (a Agent) Anonymous() bool {
	return a.Mbox == "" && a.MboxSHA1 == "" && a.OpenID == "" && a.Account == (Account{})
}

// Key is the agent's canonical identity: equal keys, same agent. An anonymous
// group's is made of its members.
func (a Agent) Key() string {
	switch {
	case a.Mbox != "":
		return "mbox " + a.Mbox
	case a.MboxSHA1 != "":
		return "sha1 " + a.MboxSHA1
	case a.OpenID != "":
		return "openid " + a.OpenID
	case a.Account != Account{}:
		return "account " + a.Account.HomePage + " " + a.Account.Name
	}
	keys := make([]string, len(a.Members))
	for i, m := range a.Members {
		keys[i] = m.Key()
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, "\x00")))
	return "group " + hex.EncodeToString(sum[:])
}

// Same reports whether both are the same agent or group.
func (a Agent) Same(b Agent) bool { return a.Key() == b.Key() }

// Keys lists the identities that find a statement with this agent: its own,
// if it has one, and those of its members.
func (a Agent) Keys() []string {
	var keys []string
	if !a.Anonymous() {
		keys = append(keys, a.Key())
	}
	for _, m := range a.Members {
		keys = append(keys, m.Key())
	}
	return keys
}

// MarshalJSON writes the Agent or Group object.
func (a Agent) MarshalJSON() ([]byte, error) { return a.tree().Bytes(), nil }

func (a Agent) tree() *jsontree.Value {
	v := &jsontree.Value{Kind: jsontree.Object}
	v.Set("objectType", jsontree.Text(TypeAgent))
	if a.Group {
		v.Set("objectType", jsontree.Text(TypeGroup))
	}
	for _, p := range [...]struct{ key, s string }{{"name", a.Name}, {"mbox", a.Mbox}, {"mbox_sha1sum", a.MboxSHA1}, {"openid", a.OpenID}} {
		if p.s != "" {
			v.Set(p.key, jsontree.Text(p.s))
		}
	}
	if a.Account != (Account{}) {
		acc := &jsontree.Value{Kind: jsontree.Object}
		acc.Set("homePage", jsontree.Text(a.Account.HomePage))
		acc.Set("name", jsontree.Text(a.Account.Name))
		v.Set("account", acc)
	}
	if len(a.Members) > 0 {
		list := &jsontree.Value{Kind: jsontree.Array}
		for _, m := range a.Members {
			list.Items = append(list.Items, m.tree())
		}
		v.Set("member", list)
	}
	return v
}

// UnmarshalJSON reads what MarshalJSON writes, checking it as 1.0.3 and 2.0.0
// both do.
func (a *Agent) UnmarshalJSON(raw []byte) error {
	got, err := ParseAgent(raw, V200)
	if err != nil {
		return preau.E(preau.Invalid, "not an agent", "", err)
	}
	*a = got
	return nil
}

var (
	_ json.Marshaler   = Agent{}
	_ json.Unmarshaler = (*Agent)(nil)
)
