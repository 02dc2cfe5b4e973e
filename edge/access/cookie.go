package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// Cookies of the two faces have two names: a browser keeps the one of HTTPS
// Secure, and would not let HTTP replace it. The prefix makes the browser
// itself refuse one that is not Secure or not for this host.
const (
	plainCookie  = "preau"
	secureCookie = "__Host-preau"
	deviceCookie = "preau_device"
)

func cookieName(r *http.Request) string {
	if r.TLS != nil {
		return secureCookie
	}
	return plainCookie
}

// SetCookie gives the browser of r a session's token; boards get theirs when
// a teacher has paired them.
func SetCookie(w http.ResponseWriter, r *http.Request, token string) {
	http.SetCookie(w, cookie(r, cookieName(r), token, 0))
}

func clearCookie(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, cookie(r, cookieName(r), "", -1))
}

func cookie(r *http.Request, name, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, Secure: r.TLS != nil, SameSite: http.SameSiteLaxMode}
}

// newToken draws 256 bits; the hash is what the tables keep.
func newToken() (token string, hash []byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // cannot fail
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// tokenOf is the hash of the request's session token, or nil.
func tokenOf(r *http.Request) []byte {
	c, err := r.Cookie(cookieName(r))
	if err != nil || len(c.Value) != 43 {
		return nil
	}
	return hashToken(c.Value)
}

// deviceOf is the hash of the browser's own cookie, or nil.
func deviceOf(r *http.Request) []byte {
	c, err := r.Cookie(deviceCookie)
	if err != nil || len(c.Value) != 43 {
		return nil
	}
	return hashToken(c.Value)
}

// ensureDevice gives the browser a cookie of its own. It is not Secure: the
// same tablet comes by both faces, and it opens nothing.
func ensureDevice(w http.ResponseWriter, r *http.Request) (hash []byte) {
	if hash := deviceOf(r); hash != nil {
		return hash
	}
	token, hash := newToken()
	c := cookie(r, deviceCookie, token, int((365 * 24 * time.Hour).Seconds()))
	c.Secure = false
	http.SetCookie(w, c)
	return hash
}
