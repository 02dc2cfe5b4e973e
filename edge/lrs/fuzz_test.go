package lrs_test

import (
	"bytes"
	"net/http/httptest"
	"testing"

	"preau"
	"preau/edge/lrs/keys"
)

// FuzzRequest sends bytes as each kind of body there is: whatever they are,
// they are taken or refused, and nothing breaks.
func FuzzRequest(f *testing.F) {
	st := statement(preau.NewID().String(), "lea", "")
	f.Add(st)
	f.Add(append(append([]byte("["), st...), ']'))
	f.Add([]byte("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b--\r\n"))
	f.Add(append(append([]byte("--b\r\nContent-Type: application/json\r\n\r\n"), st...),
		"\r\n--b\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: 00\r\n\r\nx\r\n--b--\r\n"...))
	f.Add([]byte("statementId=x&content=%7B%7D&X-Experience-API-Version=1.0.3"))
	c := serve(f).with(f, keys.All)
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, as := range []struct{ method, path, kind string }{
			{"POST", "/xapi/statements", "application/json"},
			{"POST", "/xapi/statements", "multipart/mixed; boundary=b"},
			{"POST", "/xapi/statements?method=PUT", "application/x-www-form-urlencoded"},
			{"POST", "/xapi/activities/profile?activityId=a:b&profileId=c", "application/json"},
		} {
			r := httptest.NewRequest(as.method, as.path, bytes.NewReader(body))
			r.SetBasicAuth(c.id, c.pwd)
			r.Header.Set("Content-Type", as.kind)
			r.Header.Set("X-Experience-API-Version", "1.0.3")
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			if w.Code >= 500 || w.Code == 404 || w.Header().Get("X-Experience-API-Version") == "" {
				t.Fatalf("%s as %s: %d %s", as.path, as.kind, w.Code, w.Body)
			}
		}
	})
}
