package box

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"

	"preau/edge/cmi5/launch"
	"preau/edge/lrs"
	"preau/edge/lrs/document"
	"preau/edge/lrs/keys"
	"preau/edge/lrs/record"
)

// home is the home page of the accounts that are this school's people, in
// xAPI. It names the school and leads nowhere.
func (b *Box) home() string {
	uai := b.config.UAI
	if uai == "" {
		uai = "inconnu"
	}
	return "https://preau.example/etablissement/" + string(uai)
}

// openLRS opens the record store over the journal, before anything writes.
func (b *Box) openLRS(ctx context.Context) error {
	records, err := record.Open(ctx, record.Config{DB: b.db, Journal: b.journal, Home: b.home(), Blobs: filepath.Join(b.opts.Data, "attachments")})
	if err != nil {
		return err
	}
	documents, err := document.Open(ctx, b.db)
	if err != nil {
		return err
	}
	k, err := keys.Open(ctx, b.db)
	if err != nil {
		return err
	}
	b.lrs = lrs.New(lrs.Deps{Records: records, Documents: documents, Keys: k, Clock: b.clock, Home: b.home(), Log: b.opts.Log})
	return nil
}

// xapiFirst takes applications, who bring keys, and AUs, who come for theirs,
// past what guards browsers, who bring cookies.
func (b *Box) xapiFirst(pages http.Handler) http.Handler {
	fetch := b.launches.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, lrs.Root+"/"):
			b.lrs.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, launch.FetchPath):
			fetch.ServeHTTP(w, r)
		default:
			pages.ServeHTTP(w, r)
		}
	})
}
