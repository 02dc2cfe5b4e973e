package xapi

import (
	"math/big"
	"regexp"

	"preau/internal/jsontree"
)

var mediaType = regexp.MustCompile("^[A-Za-z0-9!#$&^_.+*`'|~%-]+/[A-Za-z0-9!#$&^_.+*`'|~%-]+(?:\\s*;.*)?$")

func (c *checker) activity(v *jsontree.Value) {
	if !c.object(v, "objectType", "id", "definition") {
		return
	}
	c.in(v, "objectType", func(m *jsontree.Value) { c.constant(m, TypeActivity) })
	c.must(v, "id", c.iri)
	c.in(v, "definition", c.definition)
}

// components lists which interaction component lists belong to a type.
func components(interaction string) []string {
	switch interaction {
	case "choice", "sequencing":
		return []string{"choices"}
	case "likert":
		return []string{"scale"}
	case "matching":
		return []string{"source", "target"}
	case "performance":
		return []string{"steps"}
	case "true-false", "fill-in", "long-fill-in", "numeric", "other":
		return []string{}
	}
	return nil
}

var componentLists = []string{"choices", "scale", "source", "target", "steps"}

func (c *checker) definition(v *jsontree.Value) {
	if !c.object(v, "name", "description", "type", "moreInfo", "extensions", "interactionType", "correctResponsesPattern",
		"choices", "scale", "source", "target", "steps") {
		return
	}
	c.in(v, "name", c.languageMap)
	c.in(v, "description", c.languageMap)
	c.in(v, "type", c.iri)
	c.in(v, "moreInfo", c.iri)
	c.in(v, "extensions", c.extensions)
	var lists []string
	c.in(v, "interactionType", func(m *jsontree.Value) {
		if !c.is(m, jsontree.String) {
			return
		}
		if lists = components(m.Text); lists == nil {
			c.fail(jsontree.Quote(m.Text) + " is no type of interaction")
		}
	})
	interactive := v.Get("interactionType") != nil
	c.in(v, "correctResponsesPattern", func(m *jsontree.Value) {
		if !interactive {
			c.fail("it needs an interactionType")
		}
		c.each(m, c.plainText)
	})
	for _, key := range componentLists {
		c.in(v, key, func(m *jsontree.Value) {
			if !contains(lists, key) {
				c.fail("it does not belong to this interactionType")
			}
			c.componentList(m)
		})
	}
}

func (c *checker) componentList(v *jsontree.Value) {
	seen := map[string]bool{}
	c.each(v, func(m *jsontree.Value) {
		if !c.object(m, "id", "description") {
			return
		}
		c.must(m, "id", func(id *jsontree.Value) {
			c.plainText(id)
			if seen[id.Text] {
				c.fail("the id " + jsontree.Quote(id.Text) + " comes twice")
			}
			seen[id.Text] = true
		})
		c.in(m, "description", c.languageMap)
	})
}

func (c *checker) result(v *jsontree.Value) {
	if !c.object(v, "score", "success", "completion", "response", "duration", "extensions") {
		return
	}
	c.in(v, "score", c.score)
	c.in(v, "success", c.boolean)
	c.in(v, "completion", c.boolean)
	c.in(v, "response", c.plainText)
	c.in(v, "duration", c.duration)
	c.in(v, "extensions", c.extensions)
}

// score compares the figures as they are written: no rounding lets one by.
func (c *checker) score(v *jsontree.Value) {
	if !c.object(v, "scaled", "raw", "min", "max") {
		return
	}
	number := func(key string) (f *big.Float) {
		c.in(v, key, func(m *jsontree.Value) {
			if !c.is(m, jsontree.Number) {
				return
			}
			var err error
			if f, _, err = big.ParseFloat(m.Text, 10, 128, big.ToNearestEven); err != nil || len(m.Text) > 100 {
				c.fail("the number is out of all bounds")
				f = nil
			}
		})
		return f
	}
	over := func(a, b *big.Float) bool { return a != nil && b != nil && a.Cmp(b) > 0 }
	scaled, raw, least, most := number("scaled"), number("raw"), number("min"), number("max")
	one := big.NewFloat(1)
	switch {
	case over(scaled, one) || over(big.NewFloat(-1), scaled):
		c.fail("scaled is not between -1 and 1")
	case over(least, most) || least != nil && most != nil && least.Cmp(most) == 0:
		c.fail("min is not less than max")
	case over(least, raw) || over(raw, most):
		c.fail("raw is not between min and max")
	}
}

func (c *checker) context(v, object *jsontree.Value) {
	allowed := []string{"registration", "instructor", "team", "contextActivities", "revision", "platform", "language", "statement", "extensions"}
	if c.version == V200 {
		allowed = append(allowed, "contextAgents", "contextGroups")
	}
	if !c.object(v, allowed...) {
		return
	}
	c.in(v, "registration", c.uuid)
	c.in(v, "instructor", c.agent)
	c.in(v, "team", c.group)
	c.in(v, "contextActivities", c.contextActivities)
	for _, key := range []string{"revision", "platform"} {
		c.in(v, key, func(m *jsontree.Value) {
			c.plainText(m)
			if t := object.Get("objectType"); t != nil && t.Text != TypeActivity {
				c.fail("only a statement about an Activity has it")
			}
		})
	}
	c.in(v, "language", c.languageTag)
	c.in(v, "statement", c.statementRef)
	c.in(v, "extensions", c.extensions)
	c.in(v, "contextAgents", func(m *jsontree.Value) { c.contextParties(m, "contextAgent", "agent") })
	c.in(v, "contextGroups", func(m *jsontree.Value) { c.contextParties(m, "contextGroup", "group") })
}

func (c *checker) contextActivities(v *jsontree.Value) {
	if !c.object(v, "parent", "grouping", "category", "other") {
		return
	}
	for i, key := range v.Keys {
		if v.Items[i].Kind == jsontree.Object { // one where a list is meant
			c.in(v, key, c.activity)
			continue
		}
		c.in(v, key, func(m *jsontree.Value) { c.each(m, c.activity) })
	}
}

// contextParties are 2.0.0's contextAgents and contextGroups.
func (c *checker) contextParties(v *jsontree.Value, kind, key string) {
	c.each(v, func(m *jsontree.Value) {
		if !c.object(m, "objectType", key, "relevantTypes") {
			return
		}
		c.must(m, "objectType", func(t *jsontree.Value) { c.constant(t, kind) })
		c.must(m, key, func(a *jsontree.Value) {
			if key == "group" {
				c.group(a)
			} else if a.Str("objectType") == TypeGroup {
				c.fail("an Agent is wanted, not a Group")
			} else {
				c.agent(a)
			}
		})
		c.in(m, "relevantTypes", func(t *jsontree.Value) {
			if c.is(t, jsontree.Array) && len(t.Items) == 0 {
				c.fail("it is empty")
			}
			c.each(t, c.iri)
		})
	})
}
