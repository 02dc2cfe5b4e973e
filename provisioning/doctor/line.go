package doctor

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"preau/provisioning/enrol"
	"preau/sync/bucket"
	"preau/sync/segment"
)

// catalogue asks the origin for its timestamp and reads its date.
func (e *examination) catalogue(ctx context.Context) Finding {
	url := e.config.Catalogue.URL
	if url == "" {
		return warn("catalogue", "no catalogue is configured", "Give one when provisioning: preau provision box new --catalogue URL --root root.json.")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/")+"/metadata/timestamp.json", nil)
	if err != nil {
		return fail("catalogue", err, "Correct catalogue.url in config.json.")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return warn("catalogue", "the origin cannot be reached: "+err.Error(), "Check the line, the name server and the proxy; lessons go on with what is here.")
	}
	defer resp.Body.Close()
	var doc struct{ Signed struct{ Expires time.Time } }
	if resp.StatusCode != http.StatusOK || json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&doc) != nil {
		return Finding{"catalogue", Fail, fmt.Sprintf("%s does not answer as a catalogue (%s)", url, resp.Status), "Check the address; a captive portal or a proxy may answer in its place."}
	}
	if doc.Signed.Expires.Before(time.Now()) {
		return warn("catalogue", "the catalogue expired on "+doc.Signed.Expires.Format(time.DateOnly), "Tell its publisher to sign it again; nothing new is installed until then.")
	}
	return ok("catalogue", "reachable, good until "+doc.Signed.Expires.Format(time.DateOnly))
}

// store looks for the box's own receipts: a question any box may ask.
func (e *examination) store(ctx context.Context) Finding {
	if e.config.Store.URL == "" {
		return warn("store", "no store is configured: records stay on the box", "Give one when provisioning: preau provision box new --store URL.")
	}
	var cred enrol.Credentials
	if b, err := os.ReadFile(filepath.Join(e.Data, "identity", "store.json")); err == nil {
		if err := json.Unmarshal(b, &cred); err != nil {
			return fail("store", err, "Write identity/store.json again.")
		}
	}
	b, err := bucket.Open(e.config.Store.URL, bucket.Credentials{AccessKey: cred.AccessKey, SecretKey: cred.SecretKey, Region: e.config.Store.Region})
	if err != nil {
		return fail("store", err, "Correct store.url in config.json.")
	}
	box := segment.Box{Authority: e.config.Authority, Academie: e.config.Academie, UAI: e.config.UAI, ID: e.config.Box}
	for _, err := range b.List(ctx, box.ReceiptPrefix(), "") {
		if err != nil {
			return fail("store", err, "Check the line and the box's credentials; records wait on the box.")
		}
		break
	}
	return ok("store", "reachable, and it knows this box")
}
