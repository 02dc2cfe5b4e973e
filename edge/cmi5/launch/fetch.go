package launch

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"

	"preau/edge/lrs/keys"
	"preau/internal/httpkit"
	"preau/internal/sqlite"
)

// FetchPath begins the fetch URLs (8.2).
const FetchPath = "/cmi5/fetch/"

// scopes are what an AU may do, within its own attempt.
var scopes = []keys.Scope{keys.StatementsWrite, keys.StatementsReadMine, keys.State, keys.Profile}

// The error codes of 8.2.3.2.
const (
	codeUsed     = "1"
	codeSecurity = "2"
	codeBroken   = "3"
)

// refusal is the answer of a fetch that opens nothing.
type refusal struct {
	Code string `json:"error-code"`
	Text string `json:"error-text"`
}

// Handler answers the fetch URLs: AUs ask from another origin, with nothing
// but the token, and are answered 200 whatever comes of it (8.2.2).
func (l *Launches) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("OPTIONS "+FetchPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /cmi5/fetch/{token}", l.answer)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Content-Type")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func (l *Launches) answer(w http.ResponseWriter, r *http.Request) {
	token, err := l.fetch(r.Context(), r.PathValue("token"))
	var no *refusal
	var answer any = map[string]string{"auth-token": token}
	switch {
	case errors.As(err, &no):
		answer = no
	case err != nil:
		l.Log.Error("an AU did not get its token", "err", err)
		answer = refusal{codeBroken, "The box could not make a token. Launch again."}
	}
	if err := httpkit.WriteJSON(w, http.StatusOK, answer); err != nil {
		l.Log.Debug("the AU is gone", "err", err)
	}
}

func (n *refusal) Error() string { return n.Text }

// fetch uses a token up and gives the key of its session.
func (l *Launches) fetch(ctx context.Context, token string) (string, error) {
	var s session
	err := l.DB.Write(ctx, func(tx *sqlite.Tx) (err error) {
		s, err = l.scan(tx.QueryRow(sessionColumns+`WHERE s.token = ?`, token).Scan)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return &refusal{codeSecurity, "No launch has this URL."}
		case err != nil:
			return err
		case s.fetched:
			return &refusal{codeUsed, "The authorization token has already been returned."}
		case s.ended, tx.Now.After(s.launched.Add(Life)):
			return &refusal{codeUsed, "The session has expired. Launch again."}
		}
		_, err = tx.Exec(`UPDATE cmi5_session SET fetched = ? WHERE id = ?`, tx.Now.UnixMilli(), s.ID)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("use a fetch URL up: %w", err)
	}
	key, token, err := l.Keys.Issue(ctx, keys.Grant{Actor: s.Actor, Registration: s.Registration, Activity: s.Activity, Scopes: scopes, Until: s.launched.Add(Life)})
	if err != nil {
		return "", err
	}
	err = l.DB.Write(ctx, func(tx *sqlite.Tx) error {
		res, err := tx.Exec(`UPDATE cmi5_session SET key = ? WHERE id = ? AND ended IS NULL`, key.ID, s.ID)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return &refusal{codeUsed, "The session was abandoned meanwhile. Launch again."}
	})
	if err != nil {
		l.revoke(context.WithoutCancel(ctx), []string{key.ID})
		return "", fmt.Errorf("keep a session's key: %w", err)
	}
	return token, nil
}
