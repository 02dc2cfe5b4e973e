package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"preau/edge/box"
)

// TestLRSKey_WorksWhileTheBoxServes makes a key, speaks with it from another
// origin as the content of a pack does, ends it and is shut out, all with one
// box that never stops.
func TestLRSKey_WorksWhileTheBoxServes(t *testing.T) {
	data, ready, done := t.TempDir(), make(chan string, 1), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	b, err := box.Open(ctx, box.Options{
		Data: data, HTTP: "127.0.0.1:0", Version: "test", Log: slog.New(slog.DiscardHandler),
		Ready: func(a box.Addresses) { ready <- a.HTTP },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	go func() { done <- b.Run(ctx) }()
	var address string
	select {
	case address = <-ready:
	case err := <-done:
		t.Fatal(err)
	}
	preau := func(args ...string) string {
		var out, errOut bytes.Buffer
		if code := run(append(args, "--data", data), strings.NewReader(""), &out, &errOut); code != 0 {
			t.Fatalf("preau %v: %d %s", args, code, errOut.String())
		}
		return out.String()
	}
	made := regexp.MustCompile(`(?m)\Aendpoint=(.+)\nkey=(.+)\nsecret=(.+)\n\z`).FindStringSubmatch(preau("lrs", "key", "create", "--name", "Exercices"))
	if made == nil {
		t.Fatal("the key cannot be read")
	}
	speak := func() int {
		body := strings.NewReader(`{"actor":{"mbox":"mailto:lea@c.example"},"verb":{"id":"https://v.example/did"},"object":{"id":"https://a.example/x"}}`)
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address+made[1]+"/statements", body)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth(made[2], made[3])
		for name, value := range map[string]string{
			"Content-Type": "application/json", "X-Experience-API-Version": "1.0.3",
			"Origin": "https://pack.example", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors",
		} {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.StatusCode
	}
	if got := speak(); got != http.StatusOK {
		t.Errorf("a key speaks and is answered %d", got)
	}
	if list := preau("lrs", "key", "list"); !strings.Contains(list, made[2]) || strings.Contains(list, made[3]) {
		t.Errorf("the list is %q", list)
	}
	preau("lrs", "key", "revoke", made[2])
	if got := speak(); got != http.StatusUnauthorized {
		t.Errorf("a key that was ended is answered %d", got)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
