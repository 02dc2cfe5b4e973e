package lrs

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"

	"preau"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// filters are the parameters of a search; the others choose how it is shown.
var (
	filters = []string{"agent", "verb", "activity", "registration", "related_activities", "related_agents", "since", "until", "limit", "ascending"}
	shows   = []string{"format", "attachments"}
)

// reads are the scopes that let statements be read.
var reads = []keys.Scope{keys.StatementsRead, keys.StatementsReadMine, keys.AllRead}

func (l *LRS) getStatements(q *request) error {
	if err := q.need(reads...); err != nil {
		return err
	}
	switch {
	case q.params.has("statementId"), q.params.has("voidedStatementId"):
		return l.getStatement(q)
	case q.params.has("more"):
		if err := q.params.only("more"); err != nil {
			return err
		}
		query, err := l.Records.Continue(q.params["more"])
		if err != nil {
			return err
		}
		return l.search(q, query)
	}
	query, err := q.query()
	if err != nil {
		return err
	}
	return l.search(q, query)
}

// getStatement answers with one.
func (l *LRS) getStatement(q *request) error {
	if err := q.params.only(append([]string{"statementId", "voidedStatementId"}, shows...)...); err != nil {
		return err
	}
	if q.params.has("statementId") && q.params.has("voidedStatementId") {
		return invalid("statementId and voidedStatementId exclude each other")
	}
	name, voided := "statementId", false
	if q.params.has("voidedStatementId") {
		name, voided = "voidedStatementId", true
	}
	id, err := q.params.uuid(name)
	if err != nil {
		return err
	}
	format, attachments, err := q.shown()
	if err != nil {
		return err
	}
	found, err := l.Records.Get(q.Context(), id, voided, format, q.languages())
	if err != nil {
		return err
	}
	if !l.mayRead(q, found.Statement) {
		return preau.E(preau.NotFound, "there is no such statement that this key may read", "", nil)
	}
	q.lastModified(found.Stored)
	if attachments {
		return q.multipart(found.Statement, found.Attachments)
	}
	return q.json(found.Statement)
}

// query reads the parameters of a search.
func (q *request) query() (query record.Query, err error) {
	p := q.params
	if err := p.only(append(append([]string{"statementId", "voidedStatementId", "more"}, filters...), shows...)...); err != nil {
		return query, err
	}
	steps := []func() error{
		func() (err error) { query.Agent, err = p.agent("agent", q.version); return },
		func() (err error) { query.Verb, err = p.iri("verb"); return },
		func() (err error) { query.Activity, err = p.iri("activity"); return },
		func() (err error) { query.Registration, err = p.uuid("registration"); return },
		func() (err error) { query.RelatedActivities, err = p.truth("related_activities"); return },
		func() (err error) { query.RelatedAgents, err = p.truth("related_agents"); return },
		func() (err error) { query.Since, err = p.time("since", q.version); return },
		func() (err error) { query.Until, err = p.time("until", q.version); return },
		func() (err error) { query.Limit, err = p.count("limit"); return },
		func() (err error) { query.Ascending, err = p.truth("ascending"); return },
		func() (err error) { query.Format, query.Attachments, err = q.shown(); return },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return query, err
		}
	}
	query.Languages = q.languages()
	return query, nil
}

// shown reads how statements are to be shown.
func (q *request) shown() (format record.Format, attachments bool, err error) {
	switch format = record.Format(q.params["format"]); format {
	case record.FormatExact, record.FormatIDs, record.FormatCanonical:
	case "":
		if q.params.has("format") {
			return "", false, invalid("the parameter format is empty")
		}
		format = record.FormatExact
	default:
		return "", false, invalid("the parameter format is exact, ids or canonical")
	}
	attachments, err = q.params.truth("attachments")
	return format, attachments, err
}

func (q *request) languages() []string { return xapi.ParseLanguages(q.Header.Get("Accept-Language")) }

func (l *LRS) search(q *request, query record.Query) error {
	if !q.key.May(keys.StatementsRead, keys.AllRead) {
		query.Mine = &record.Mine{Authority: l.authority(q.key)}
		if g := q.key.Grant; g != nil {
			query.Mine.Registration = g.Registration
		}
	}
	page, err := l.Records.Query(q.Context(), query)
	if err != nil {
		return err
	}
	answer := struct {
		Statements []json.RawMessage `json:"statements"`
		More       string            `json:"more"`
	}{Statements: page.Statements}
	if page.More != "" {
		answer.More = Root + "/statements?more=" + url.QueryEscape(page.More)
	}
	q.lastModified(page.LastStored)
	if !query.Attachments {
		return q.json(answer)
	}
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return q.multipart(b, page.Attachments)
}

// mayRead keeps a key with statements/read/mine, and a grant, to what it said
// itself and to its own attempt.
func (l *LRS) mayRead(q *request, raw json.RawMessage) bool {
	if q.key.May(keys.StatementsRead, keys.AllRead) {
		return true
	}
	st, err := xapi.Read(raw)
	if err != nil {
		return false
	}
	if g := q.key.Grant; g != nil && st.Context != nil && st.Context.Registration == g.Registration {
		return true
	}
	return st.Authority != nil && st.Authority.Same(l.authority(q.key))
}

// authority is who a key's statements are by.
func (l *LRS) authority(k keys.Key) xapi.Agent {
	return xapi.Agent{Name: k.Name, Account: xapi.Account{HomePage: l.Home + "/xapi", Name: k.ID}}
}

func (l *LRS) putStatement(q *request) error {
	if err := q.params.only("statementId"); err != nil {
		return err
	}
	if _, err := q.params.must("statementId"); err != nil {
		return err
	}
	id, err := q.params.uuid("statementId")
	if err != nil {
		return err
	}
	_, err = l.store(q, func(raw []byte) ([]*xapi.Statement, error) {
		st, err := xapi.Parse(raw, q.version)
		if err != nil {
			return nil, err
		}
		if !st.ID.IsZero() && st.ID != id {
			return nil, invalid("the statement's id is not the one in the address")
		}
		st.ID = id
		return []*xapi.Statement{st}, nil
	})
	if err != nil {
		return err
	}
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

func (l *LRS) postStatements(q *request) error {
	if err := q.params.only(); err != nil {
		return err
	}
	ids, err := l.store(q, func(raw []byte) ([]*xapi.Statement, error) { return xapi.ParseBatch(raw, q.version) })
	if err != nil {
		return err
	}
	return q.json(ids)
}

// store takes in what a request says: read, allowed, durable.
func (l *LRS) store(q *request, parse func([]byte) ([]*xapi.Statement, error)) ([]preau.ID, error) {
	if err := q.need(keys.StatementsWrite); err != nil {
		return nil, err
	}
	sts, parts, err := l.readStatements(q, parse)
	if err != nil {
		return nil, err
	}
	if err := q.ownAttempt(sts); err != nil {
		return nil, err
	}
	if l.Launches == nil || q.key.Grant == nil {
		return l.Records.Put(q.Context(), l.authority(q.key), q.version, sts, parts)
	}
	ids, err := l.Records.PutWithin(q.Context(), l.authority(q.key), q.version, sts, parts, func(tx *sqlite.Tx, put func() error) error {
		return l.Launches.Hold(tx, q.key, sts, put)
	})
	if err != nil {
		return nil, err
	}
	l.Launches.Stored(context.WithoutCancel(q.Context()), q.key)
	return ids, nil
}

// ownAttempt keeps a grant to its person.
func (q *request) ownAttempt(sts []*xapi.Statement) error {
	g := q.key.Grant
	if g == nil {
		return nil
	}
	for _, st := range sts {
		if !st.Actor.Same(g.Actor) {
			return preau.E(preau.Forbidden, "the key of a launch speaks for its own person only", "Use the actor that the launch gave.", nil)
		}
	}
	return nil
}

// readBody reads the JSON of a request, bounded.
func readBody(q *request, r io.Reader) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(q.w, io.NopCloser(r), maxJSON))
}
