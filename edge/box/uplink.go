package box

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"preau"
	"preau/edge/box/settings"
	"preau/sync/bucket"
	"preau/sync/segment"
	"preau/sync/uplink"
)

// openUplink prepares delivery. A box without an identity or a store keeps
// everything and says so.
func (b *Box) openUplink(ctx context.Context) (err error) {
	if !b.isKnown || b.config.Store.URL == "" {
		b.opts.Log.Warn("nothing will be delivered: the box has no identity or no store", "identity", b.isKnown, "store", b.config.Store.URL)
		return nil
	}
	cred, err := credentials(b.opts.Data)
	if err != nil {
		return err
	}
	cred.Region = b.config.Store.Region
	store, err := bucket.Open(b.config.Store.URL, cred, b.supply.Store())
	if err != nil {
		return err
	}
	recipients := map[preau.Stream][]age.Recipient{}
	for stream, keys := range b.config.Recipients {
		for _, key := range keys {
			r, err := age.ParseX25519Recipient(key)
			if err != nil {
				return preau.E(preau.Invalid, "the configuration names a recipient that is not an age key", "Correct recipients."+stream+" in config.json.", err)
			}
			recipients[preau.Stream(stream)] = append(recipients[preau.Stream(stream)], r)
		}
	}
	key, err := settings.Secret(b.opts.Data)
	if err != nil {
		return err
	}
	pace, err := paceOf(b.config.Pace)
	if err != nil {
		return err
	}
	b.uplink, err = uplink.Open(ctx, uplink.Config{
		DB: b.db, Journal: b.journal, Clock: b.clock, Bucket: store, Log: b.opts.Log,
		Box:    segment.Box{Authority: b.config.Authority, Academie: b.config.Academie, UAI: b.config.UAI, ID: b.config.Box},
		Signer: segment.Signer{Key: b.identity.Key, Chain: b.identity.Chain}, Roots: b.identity.Roots, Secret: key,
		Recipients: recipients, Name: b.config.School, Versions: map[string]string{"preau": b.opts.Version},
		Spool: filepath.Join(b.opts.Data, "spool"), Pace: pace, Poll: pollOf(pace),
	})
	if err != nil {
		return fmt.Errorf("open the uplink: %w", err)
	}
	return nil
}

// paceOf is the default pace with what the configuration changes.
func paceOf(changes map[string]string) (map[preau.Stream]uplink.Pace, error) {
	pace := uplink.DefaultPace()
	for stream, text := range changes {
		p, ok := pace[preau.Stream(stream)]
		after, err := time.ParseDuration(text)
		if !ok || err != nil || after <= 0 {
			return nil, preau.E(preau.Invalid, fmt.Sprintf("the configuration's pace %q of stream %q is not one", text, stream), "Write it as {\"learning\": \"5m\"}.", err)
		}
		p.After = after
		pace[preau.Stream(stream)] = p
	}
	return pace, nil
}

// pollOf looks for receipts about as often as the quickest stream leaves.
func pollOf(pace map[preau.Stream]uplink.Pace) time.Duration {
	poll := 30 * time.Second
	for _, p := range pace {
		poll = min(poll, max(p.After, time.Second))
	}
	return poll
}

// flushAfterLessons delivers what a lesson made as soon as it is over, rather
// than when its stream's time has come.
func (b *Box) flushAfterLessons(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.lessonOver:
			if err := b.uplink.Flush(ctx); err != nil && ctx.Err() == nil {
				b.opts.Log.Info("delivery after a lesson waits", "err", err)
			}
		}
	}
}

// credentials are in DATA/identity/store.json, or in the environment as the
// AWS tools read it.
func credentials(data string) (cred bucket.Credentials, err error) {
	b, err := os.ReadFile(filepath.Join(data, "identity", "store.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return cred, nil
	}
	if err != nil {
		return cred, fmt.Errorf("read the store's credentials: %w", err)
	}
	var file struct {
		AccessKey string `json:"access_key"`
		SecretKey string `json:"secret_key"`
	}
	if err := json.Unmarshal(b, &file); err != nil {
		return cred, preau.E(preau.Invalid, "the store's credentials in identity/store.json cannot be read", "Write them again: {\"access_key\": …, \"secret_key\": …}.", err)
	}
	return bucket.Credentials{AccessKey: file.AccessKey, SecretKey: file.SecretKey}, nil
}
