// Package lrs is the experience API over HTTP: xAPI 1.0.3 and 2.0.0 (IEEE
// 9274.1.1) at /xapi, whole. It promises that each request is held to the
// version its header names, that nothing it does not know is passed over in
// silence (an unknown parameter, a part too many, a key without the scope),
// and that an answer of 2xx to a statement means that it is durable.
//
// It refuses sessions and cookies: applications speak with keys. It keeps
// nothing itself: record, document and keys do.
package lrs

import (
	"context"
	"log/slog"
	"net/http"

	"preau"
	"preau/edge/lrs/document"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/record"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// Root is where the resources are; every address here begins with it.
const Root = "/xapi"

// Deps are what the box lends.
type Deps struct {
	Records   *record.Store
	Documents *document.Store
	Keys      *keys.Keys
	Clock     preau.Clock
	Home      string   // home page of this school's accounts, as record knows it
	Launches  Launches // what grants are held to besides; nil: xAPI alone
	Log       *slog.Logger
}

// Launches know the launch behind a grant and its rules.
type Launches interface {
	// Hold runs in the transaction that stores what a grant says, and stores it
	// by calling put; its error refuses all of it.
	Hold(tx *sqlite.Tx, grant keys.Key, sts []*xapi.Statement, put func() error) error
	// Stored is told once it is durable.
	Stored(ctx context.Context, grant keys.Key)
}

// LRS is the record store as applications see it.
type LRS struct {
	Deps
	resources map[string]resource
	spoken    spoken
}

// resource is what one address does, by method; HEAD is GET's.
type resource map[string]func(*request) error

// New makes it.
func New(d Deps) *LRS {
	l := &LRS{Deps: d}
	l.resources = map[string]resource{
		"/statements":         {http.MethodGet: l.getStatements, http.MethodPut: l.putStatement, http.MethodPost: l.postStatements},
		"/activities":         {http.MethodGet: l.getActivity},
		"/agents":             {http.MethodGet: l.getPerson},
		"/about":              {http.MethodGet: l.getAbout},
		"/activities/state":   l.documents(document.State),
		"/activities/profile": l.documents(document.ActivityProfile),
		"/agents/profile":     l.documents(document.AgentProfile),
	}
	return l
}

// Install adds the routes.
func (l *LRS) Install(mux *http.ServeMux) {
	mux.Handle(Root+"/", l)
}
