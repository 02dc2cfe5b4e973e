package lrs

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"preau/edge/lrs/xapi"
)

// maxBody bounds what a request brings, attachments and all.
const maxBody = 64 << 20

// maxJSON bounds the statements or the document of a request.
const maxJSON = 10 << 20

// formHeaders are those that the alternate request syntax carries in a form
// (1.0.3, part three, 1.3).
var formHeaders = []string{"Authorization", headerVersion, "Content-Type", "Content-Length", "If-Match", "If-None-Match", "Accept", "Accept-Language"}

// unwrap turns the alternate request syntax, a form posted with the method in
// the query, into the request it stands for. 2.0 has no such syntax: there,
// method is a parameter nobody knows.
func unwrap(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	query := r.URL.Query()
	if !query.Has("method") {
		return r, nil
	}
	if v, err := xapi.ParseVersion(r.Header.Get(headerVersion)); err == nil && v != xapi.V103 {
		return nil, invalid("version " + string(v) + " has no alternate request syntax: the parameter method is not known")
	}
	method := query.Get("method")
	if r.Method != http.MethodPost || len(query) > 1 || len(query["method"]) > 1 {
		return nil, invalid("the alternate request syntax is a POST with no other parameter in its query than method")
	}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPost, http.MethodDelete:
	default:
		return nil, invalid("the parameter method is a method of this interface")
	}
	if media, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); strings.TrimSpace(media) != "application/x-www-form-urlencoded" {
		return nil, invalid("the alternate request syntax posts a form (application/x-www-form-urlencoded)")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, invalid("the form cannot be read: " + err.Error())
	}
	return formed(r, method, form)
}

func formed(r *http.Request, method string, form url.Values) (*http.Request, error) {
	inner := r.Clone(r.Context())
	inner.Method = method
	inner.Header.Del("Content-Type")
	inner.Header.Del("Content-Length")
	for name := range form {
		for _, h := range formHeaders {
			if strings.EqualFold(name, h) {
				inner.Header.Set(h, form.Get(name))
				form.Del(name)
			}
		}
	}
	carries := method == http.MethodPut || method == http.MethodPost
	content, has := form["content"]
	if carries && (!has || len(content) != 1) {
		return nil, invalid("the form has no field content with what is sent")
	}
	inner.Body = http.NoBody
	if carries {
		inner.Body = io.NopCloser(strings.NewReader(content[0]))
		form.Del("content")
		if inner.Header.Get("Content-Type") == "" {
			inner.Header.Set("Content-Type", "application/json")
		}
	}
	inner.URL.RawQuery = form.Encode()
	return inner, nil
}
