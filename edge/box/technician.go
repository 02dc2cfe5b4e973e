package box

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"preau"
	"preau/edge/pages/technicien"
	"preau/internal/durable"
)

// TechnicianToken makes a token that signs a technician in, once, on the box
// whose data folder is data. The box must not be running.
func TechnicianToken(ctx context.Context, data string, lasts time.Duration) (string, error) {
	b, err := Open(ctx, Options{Data: data, Log: discard()})
	if err != nil {
		return "", err
	}
	defer b.Close()
	return b.access.IssueToken(ctx, "Technicien", lasts)
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// technicianFacts is where the box stands, in the reader's language.
func (b *Box) technicianFacts(ctx context.Context, lang string) (facts []technicien.Fact, err error) {
	free, total, err := durable.FreeSpace(b.opts.Data)
	if err != nil {
		return nil, err
	}
	content, err := b.items.Status(ctx)
	if err != nil {
		return nil, err
	}
	say := func(fr, en string) string {
		if lang == "en" {
			return en
		}
		return fr
	}
	clock := map[preau.ClockState]string{preau.ClockSynced: say("à l’heure", "synchronised"), preau.ClockHeld: say("tient seule", "holds on its own"), preau.ClockUnsure: say("incertaine", "unsure")}
	delivery := say("aucun dépôt configuré", "no store is configured")
	if b.uplink != nil {
		up, err := b.uplink.Status(ctx)
		if err != nil {
			return nil, err
		}
		delivery = up.Sentence(lang, b.zone)
	}
	held := say("complet sur la borne", "whole on the box")
	switch {
	case content.Generation.ID == 0:
		held = say("aucun catalogue n’est encore arrivé", "no catalogue has come yet")
	case content.Missing > 0:
		held = say(fmt.Sprintf("%d fichiers à recevoir", content.Missing), fmt.Sprintf("%d files to come", content.Missing))
	}
	facts = []technicien.Fact{
		{Name: "version", Value: b.opts.Version},
		{Name: "uai", Value: string(b.config.UAI) + " " + b.config.School, Bad: !b.isKnown},
		{Name: "clock", Value: clock[b.clock.State()] + " · " + b.clock.Now().In(b.zone).Format("02/01/2006 15:04"), Bad: b.clock.State() == preau.ClockUnsure},
		{Name: "disk", Value: fmt.Sprintf("%d / %d Go", free>>30, total>>30), Bad: free < floor*2},
		{Name: "catalogue", Value: held, Bad: content.Missing > 0 || content.Generation.ID == 0},
		{Name: "line", Value: b.supply.Sentence(lang)},
		{Name: "delivery", Value: delivery, Bad: b.uplink == nil},
	}
	if p := b.supply.Progress(lang); p != "" {
		facts = append(facts, technicien.Fact{Name: "fetching", Value: p})
	}
	return facts, nil
}

func (b *Box) logLines() []string {
	if b.opts.Ring == nil {
		return nil
	}
	return b.opts.Ring.Lines()
}

// exists reports that a box has been in data.
func exists(data string) bool {
	_, err := os.Stat(filepath.Join(data, "preau.db"))
	return err == nil
}
