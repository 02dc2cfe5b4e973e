package compte

import (
	"encoding/json"
	"net/http"

	"preau"
	"preau/edge/access/passkey"
)

// answer writes v as JSON; challenges are for one reader.
func answer(w http.ResponseWriter, v any) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(v)
}

// offer asks for the passphrase before a key is made: a screen left open must
// not give a passer-by a key of their own.
func (a *account) offer(w http.ResponseWriter, r *http.Request) error {
	at, err := passkey.SiteOf(r)
	if err != nil {
		return err
	}
	s, err := a.who(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := a.Access.Confirm(r, s.Person, r.PostFormValue("phrase")); err != nil {
		return err
	}
	offer, err := a.Passkeys.Offer(r.Context(), at, s)
	if err != nil {
		return err
	}
	return answer(w, offer)
}

// add keeps the key that the browser made.
func (a *account) add(w http.ResponseWriter, r *http.Request) error {
	at, err := passkey.SiteOf(r)
	if err != nil {
		return err
	}
	s, err := a.who(r)
	if err != nil {
		return err
	}
	b, err := body(w, r)
	if err != nil {
		return err
	}
	var posted struct {
		Name       string          `json:"name"`
		Credential json.RawMessage `json:"credential"`
	}
	if err := json.Unmarshal(b, &posted); err != nil {
		return preau.E(preau.Invalid, "this is not a passkey's JSON", "Reload the page and try again.", err)
	}
	key, err := a.Passkeys.Add(r.Context(), at, s, posted.Name, posted.Credential)
	if err != nil {
		return err
	}
	return answer(w, map[string]string{"ref": key.Ref})
}

func (a *account) rename(w http.ResponseWriter, r *http.Request) error {
	s, err := a.who(r)
	if err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, 8<<10)
	if err := a.Passkeys.Rename(r.Context(), s.Person, r.PathValue("key"), r.PostFormValue("name")); err != nil {
		return err
	}
	http.Redirect(w, r, "/compte/", http.StatusSeeOther)
	return nil
}

func (a *account) remove(w http.ResponseWriter, r *http.Request) error {
	s, err := a.who(r)
	if err != nil {
		return err
	}
	if err := a.Passkeys.Remove(r.Context(), s, r.PathValue("key")); err != nil {
		return err
	}
	http.Redirect(w, r, "/compte/", http.StatusSeeOther)
	return nil
}

// ask is what a browser at the door is to sign.
func (a *account) ask(w http.ResponseWriter, r *http.Request) error {
	at, err := passkey.SiteOf(r)
	if err != nil {
		return err
	}
	return answer(w, a.Passkeys.Ask(at))
}

// enter opens a session and says where it begins.
func (a *account) enter(w http.ResponseWriter, r *http.Request) error {
	at, err := passkey.SiteOf(r)
	if err != nil {
		return err
	}
	b, err := body(w, r)
	if err != nil {
		return err
	}
	s, err := a.Passkeys.SignIn(w, r, at, b)
	if err != nil {
		return err
	}
	return answer(w, map[string]string{"home": s.Role.Home()})
}
