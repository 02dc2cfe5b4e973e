package lrs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"preau"
	"preau/edge/lrs"
	"preau/edge/lrs/document"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/record"
	"preau/internal/sqlite"
	"preau/sync/journal"
)

// site is a record store behind a real server.
type site struct {
	url     string
	keys    *keys.Keys
	handler http.Handler
	dir     string // the box's data
}

func serve(t testing.TB) *site {
	t.Helper()
	ctx, dir, clock := context.Background(), t.TempDir(), preau.SystemClock()
	db, err := sqlite.Open(ctx, filepath.Join(dir, "preau.db"), clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	j, err := journal.Open(ctx, db, clock)
	if err != nil {
		t.Fatal(err)
	}
	const home = "https://college.example/preau"
	records, err := record.Open(ctx, record.Config{DB: db, Journal: j, Home: home, Blobs: filepath.Join(dir, "attachments")})
	if err != nil {
		t.Fatal(err)
	}
	documents, err := document.Open(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keys.Open(ctx, db)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	lrs.New(lrs.Deps{Records: records, Documents: documents, Keys: k, Clock: clock, Home: home, Log: slog.New(slog.DiscardHandler)}).Install(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &site{url: server.URL + lrs.Root, keys: k, handler: mux, dir: dir}
}

// client speaks with one key.
type client struct {
	*site
	t       testing.TB
	id, pwd string
}

func (s *site) with(t testing.TB, scopes ...keys.Scope) *client {
	t.Helper()
	key, secret, err := s.keys.Create(context.Background(), "test", scopes)
	if err != nil {
		t.Fatal(err)
	}
	return &client{site: s, t: t, id: key.ID, pwd: secret}
}

func (c *client) do(method, path, kind string, body []byte) (*http.Response, []byte) {
	c.t.Helper()
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.SetBasicAuth(c.id, c.pwd)
	req.Header.Set("X-Experience-API-Version", "1.0.3")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return res, got
}

// found lists the ids of the statements that a search gives.
func (c *client) found(query string) (ids []string) {
	c.t.Helper()
	res, body := c.do(http.MethodGet, "/statements"+query, "", nil)
	var page struct{ Statements []struct{ ID string } }
	if err := json.Unmarshal(body, &page); err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("%d %v %s", res.StatusCode, err, body)
	}
	for _, st := range page.Statements {
		ids = append(ids, st.ID)
	}
	return ids
}

func statement(id, who, more string) []byte {
	return fmt.Appendf(nil, `{"id":%q,"actor":{"mbox":"mailto:%s@c.example"},"verb":{"id":"https://v.example/did"},"object":{"id":"https://a.example/x"}%s}`, id, who, more)
}

func TestReadMine_SeesOnlyItsOwnStatementsAndTheirBytes(t *testing.T) {
	s := serve(t)
	mine, other, all := s.with(t, keys.StatementsWrite, keys.StatementsReadMine), s.with(t, keys.StatementsWrite), s.with(t, keys.All)
	one, two := preau.NewID().String(), preau.NewID().String()
	if res, body := mine.do(http.MethodPost, "/statements", "application/json", statement(one, "lea", "")); res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	text := "secret"
	sum := sha256.Sum256([]byte(text))
	sha := hex.EncodeToString(sum[:])
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	p, _ := m.CreatePart(map[string][]string{"Content-Type": {"application/json"}})
	_, _ = p.Write(statement(two, "tom", fmt.Sprintf(`,"attachments":[{"usageType":"https://u.example/x","display":{"fr":"x"},"contentType":"text/plain","length":6,"sha2":%q}]`, sha)))
	p, _ = m.CreatePart(map[string][]string{"Content-Type": {"text/plain"}, "Content-Transfer-Encoding": {"binary"}, "X-Experience-API-Hash": {sha}})
	_, _ = io.WriteString(p, text)
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if res, body := other.do(http.MethodPost, "/statements", "multipart/mixed; boundary="+m.Boundary(), b.Bytes()); res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, body)
	}

	if got := mine.found(""); len(got) != 1 || got[0] != one {
		t.Errorf("mine finds %v", got)
	}
	if got := all.found("?limit=1"); len(got) != 1 || got[0] != two {
		t.Errorf("all finds %v", got)
	}
	if res, _ := mine.do(http.MethodGet, "/statements?statementId="+two, "", nil); res.StatusCode != http.StatusNotFound {
		t.Errorf("another's statement by its id: %d", res.StatusCode)
	}
	if res, _ := other.do(http.MethodGet, "/statements", "", nil); res.StatusCode != http.StatusForbidden {
		t.Errorf("a key that only writes reads: %d", res.StatusCode)
	}
	if _, body := mine.do(http.MethodGet, "/statements?attachments=true", "", nil); bytes.Contains(body, []byte(text)) {
		t.Error("the bytes of another's attachment are in the answer")
	}
	res, body := all.do(http.MethodGet, "/statements?attachments=true", "", nil)
	media, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil || media != "multipart/mixed" {
		t.Fatal(media, err)
	}
	parts := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	if _, err := parts.NextRawPart(); err != nil {
		t.Fatal(err)
	}
	part, err := parts.NextRawPart()
	if err != nil || part.Header.Get("X-Experience-API-Hash") != sha {
		t.Fatal(part, err)
	}
	if got, err := io.ReadAll(part); string(got) != text || err != nil {
		t.Errorf("%q %v", got, err)
	}
}

// TestMore_KeepsToTheKey: a link that one key was given shows another key no
// more than it may see.
func TestMore_KeepsToTheKey(t *testing.T) {
	s := serve(t)
	all, mine := s.with(t, keys.All), s.with(t, keys.StatementsWrite, keys.StatementsReadMine)
	for range 3 {
		all.do(http.MethodPost, "/statements", "application/json", statement(preau.NewID().String(), "lea", ""))
	}
	own := preau.NewID().String()
	mine.do(http.MethodPost, "/statements", "application/json", statement(own, "lea", ""))
	all.do(http.MethodPost, "/statements", "application/json", statement(preau.NewID().String(), "lea", ""))
	_, body := all.do(http.MethodGet, "/statements?limit=1&agent="+url.QueryEscape(`{"mbox":"mailto:lea@c.example"}`), "", nil)
	var page struct{ More string }
	if err := json.Unmarshal(body, &page); err != nil || page.More == "" {
		t.Fatalf("%v %s", err, body)
	}
	if got := mine.found(strings.TrimPrefix(page.More, lrs.Root+"/statements")); len(got) != 1 || got[0] != own {
		t.Errorf("the other key's link shows %v", got)
	}
}
