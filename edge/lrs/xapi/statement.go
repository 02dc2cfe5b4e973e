package xapi

import (
	"strconv"

	"preau"
	"preau/internal/jsontree"
)

// statement checks a whole statement, or with sub one inside another.
func (c *checker) statement(v *jsontree.Value, sub bool) {
	allowed := []string{"actor", "verb", "object", "result", "context", "timestamp", "attachments"}
	if sub {
		allowed = append(allowed, "objectType")
	} else {
		allowed = append(allowed, "id", "stored", "authority", "version")
	}
	if !c.object(v, allowed...) {
		return
	}
	c.in(v, "id", c.uuid)
	c.must(v, "actor", c.agent)
	c.must(v, "verb", c.verb)
	c.must(v, "object", func(m *jsontree.Value) { c.target(m, sub) })
	c.in(v, "result", c.result)
	c.in(v, "context", func(m *jsontree.Value) { c.context(m, v.Get("object")) })
	c.in(v, "timestamp", c.timestamp)
	c.in(v, "stored", c.timestamp)
	c.in(v, "authority", c.authority)
	c.in(v, "version", c.statementVersion)
	c.in(v, "attachments", func(m *jsontree.Value) { c.each(m, c.attachment) })
	if c.err == nil && v.Get("verb").Str("id") == VerbVoided && v.Get("object").Str("objectType") != TypeStatementRef {
		c.fail("the verb voided needs a StatementRef as its object")
	}
}

func (c *checker) verb(v *jsontree.Value) {
	if !c.object(v, "id", "display") {
		return
	}
	c.must(v, "id", c.iri)
	c.in(v, "display", c.languageMap)
}

func (c *checker) target(v *jsontree.Value, sub bool) {
	if !c.is(v, jsontree.Object) {
		return
	}
	kind := TypeActivity
	c.in(v, "objectType", func(m *jsontree.Value) {
		c.plainText(m)
		kind = m.Text
	})
	switch {
	case kind == TypeActivity:
		c.activity(v)
	case kind == TypeAgent || kind == TypeGroup:
		c.agent(v)
	case kind == TypeStatementRef:
		c.statementRef(v)
	case kind == TypeSubStatement && !sub:
		c.statement(v, true)
	case kind == TypeSubStatement:
		c.fail("a SubStatement cannot contain another")
	default:
		c.fail("the objectType " + jsontree.Quote(kind) + " is unknown")
	}
}

func (c *checker) statementRef(v *jsontree.Value) {
	if !c.object(v, "objectType", "id") {
		return
	}
	c.must(v, "objectType", func(m *jsontree.Value) { c.constant(m, TypeStatementRef) })
	c.must(v, "id", c.uuid)
}

// authority is an Agent, or the two of a three-legged OAuth exchange.
func (c *checker) authority(v *jsontree.Value) {
	c.agent(v)
	if c.err != nil || v.Str("objectType") != TypeGroup {
		return
	}
	a := readAgent(v)
	if !a.Anonymous() || len(a.Members) != 2 {
		c.fail("an authority that is a Group has no identifier and two members")
	}
}

// statementVersion: a 1.0.3 request takes 1.0 and 1.0.x, a 2.0.0 one takes
// these and 2.0.x.
func (c *checker) statementVersion(v *jsontree.Value) {
	if c.is(v, jsontree.String) && !versionOf("1.0", v.Text) && !(c.version == V200 && versionOf("2.0", v.Text)) {
		c.fail("version " + jsontree.Quote(v.Text) + " does not belong in a request of " + string(c.version))
	}
}

func (c *checker) attachment(v *jsontree.Value) {
	if !c.object(v, "usageType", "display", "description", "contentType", "length", "sha2", "fileUrl") {
		return
	}
	c.must(v, "usageType", c.iri)
	c.must(v, "display", c.languageMap)
	c.in(v, "description", c.languageMap)
	c.must(v, "contentType", func(m *jsontree.Value) {
		if c.is(m, jsontree.String) && !mediaType.MatchString(m.Text) {
			c.fail(jsontree.Quote(m.Text) + " is not a media type")
		}
	})
	c.must(v, "length", func(m *jsontree.Value) {
		if !c.is(m, jsontree.Number) {
			return
		}
		if n, err := strconv.ParseInt(m.Text, 10, 64); err != nil || n < 0 {
			c.fail("it is not a whole number of bytes")
		}
	})
	c.must(v, "sha2", func(m *jsontree.Value) {
		if c.is(m, jsontree.String) && !sha2.MatchString(m.Text) {
			c.fail(jsontree.Quote(m.Text) + " is not a SHA-2 hash in hexadecimal")
		}
	})
	c.in(v, "fileUrl", c.iri)
}

// Parse reads one statement and checks it to the letter.
func Parse(raw []byte, v Version) (*Statement, error) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		return nil, err
	}
	return parseTree(tree, raw, v)
}

// ParseBatch reads one statement or an array of them. The same id twice in
// one batch is refused.
func ParseBatch(raw []byte, v Version) ([]*Statement, error) {
	tree, err := jsontree.Decode(raw)
	if err != nil {
		return nil, err
	}
	if tree.Kind != jsontree.Array {
		st, err := parseTree(tree, raw, v)
		return []*Statement{st}, err
	}
	if len(tree.Items) > maxStatementsBatch {
		return nil, preau.E(preau.TooLarge, "too many statements at once", "Send at most "+strconv.Itoa(maxStatementsBatch)+" in a request.", nil)
	}
	seen := map[preau.ID]bool{}
	sts := make([]*Statement, 0, len(tree.Items))
	for i, item := range tree.Items {
		st, err := parseTree(item, nil, v)
		if err != nil {
			return nil, preau.E(preau.Invalid, "statement "+strconv.Itoa(i+1)+" of the batch, "+err.Error(), preau.RemedyOf(err), nil)
		}
		if seen[st.ID] && !st.ID.IsZero() {
			return nil, preau.E(preau.Invalid, "two statements of the batch have the id "+st.ID.String(), "Give each statement an id of its own.", nil)
		}
		seen[st.ID] = true
		sts = append(sts, st)
	}
	return sts, nil
}

// parseTree checks and reads one statement. raw is its text, or nil to write
// it from the tree.
func parseTree(tree *jsontree.Value, raw []byte, v Version) (*Statement, error) {
	c := &checker{version: v}
	if c.statement(tree, false); c.err != nil {
		return nil, c.err
	}
	st := readStatement(tree)
	st.Protocol = v
	if st.Raw = raw; listed(tree) || raw == nil {
		st.Raw = tree.Bytes()
	}
	return st, nil
}
