package xapi

import (
	"strings"

	"preau"
	"preau/internal/jsontree"
)

// checker walks a statement and keeps the first fault it meets, with the way
// to it. After a fault it goes on harmlessly.
type checker struct {
	version Version
	path    []string
	err     error
}

func (c *checker) fail(what string) {
	if c.err != nil {
		return
	}
	where := strings.Join(c.path, ".")
	if where == "" {
		where = "the statement"
	}
	c.err = preau.E(preau.Invalid, where+": "+what, "Correct it as the xAPI specification says and send it again.", nil)
}

// in runs check on a member that may be absent.
func (c *checker) in(v *jsontree.Value, key string, check func(m *jsontree.Value)) {
	m := v.Get(key)
	if m == nil || c.err != nil {
		return
	}
	c.path = append(c.path, key)
	check(m)
	c.path = c.path[:len(c.path)-1]
}

// must is in for a member that has to be there.
func (c *checker) must(v *jsontree.Value, key string, check func(m *jsontree.Value)) {
	if v.Get(key) == nil {
		c.fail(jsontree.Quote(key) + " is missing")
		return
	}
	c.in(v, key, check)
}

// is checks the type; null is none of them.
func (c *checker) is(v *jsontree.Value, k jsontree.Kind) bool {
	if v.Kind != k {
		c.fail("it is " + v.Kind.String() + ", not " + k.String())
		return false
	}
	return c.err == nil
}

// object checks the type and that every key is one of those allowed.
func (c *checker) object(v *jsontree.Value, allowed ...string) bool {
	if !c.is(v, jsontree.Object) {
		return false
	}
	for _, key := range v.Keys {
		if !contains(allowed, key) {
			c.fail("the property " + jsontree.Quote(key) + " is not part of it")
			return false
		}
	}
	return true
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func (c *checker) each(v *jsontree.Value, check func(m *jsontree.Value)) {
	if !c.is(v, jsontree.Array) {
		return
	}
	for _, m := range v.Items {
		check(m)
	}
}

func (c *checker) plainText(v *jsontree.Value) { c.is(v, jsontree.String) }

func (c *checker) boolean(v *jsontree.Value) { c.is(v, jsontree.Bool) }

// word runs one of the Parse functions on a string.
func word[T any](c *checker, v *jsontree.Value, parse func(string) (T, error)) (t T) {
	if !c.is(v, jsontree.String) {
		return t
	}
	t, err := parse(v.Text)
	if err != nil {
		c.fail(err.Error())
	}
	return t
}

func (c *checker) iri(v *jsontree.Value)  { word(c, v, ParseIRI) }
func (c *checker) uuid(v *jsontree.Value) { word(c, v, ParseUUID) }

func (c *checker) timestamp(v *jsontree.Value) {
	if !c.is(v, jsontree.String) {
		return
	}
	if _, err := ParseTimestamp(v.Text, c.version); err != nil {
		c.fail(err.Error())
	}
}

func (c *checker) duration(v *jsontree.Value) { word(c, v, ParseDuration) }

func (c *checker) languageTag(v *jsontree.Value) {
	if c.is(v, jsontree.String) && !isLanguage(v.Text) {
		c.fail(jsontree.Quote(v.Text) + " is not a language tag (RFC 5646)")
	}
}

func (c *checker) languageMap(v *jsontree.Value) {
	if !c.is(v, jsontree.Object) {
		return
	}
	for i, key := range v.Keys {
		if !isLanguage(key) {
			c.fail(jsontree.Quote(key) + " is not a language tag (RFC 5646)")
		}
		c.plainText(v.Items[i])
	}
}

// extensions checks the keys only: their values are free, null included.
func (c *checker) extensions(v *jsontree.Value) {
	if !c.is(v, jsontree.Object) {
		return
	}
	for _, key := range v.Keys {
		if _, err := ParseIRI(key); err != nil {
			c.fail(err.Error())
		}
	}
}
