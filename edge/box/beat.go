package box

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/metrics"
	"time"

	"preau"
	"preau/internal/durable"
	"preau/sync/journal"
)

// beatEvery is how often the box writes that it is alive. Its sign of life
// leaves with telemetry.
const beatEvery = 10 * time.Minute

// beat writes the box's vital figures now, and then now and then.
func (b *Box) beat(ctx context.Context) error {
	verb := journal.VerbStarted
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		if err := b.record(ctx, verb); err != nil && ctx.Err() == nil {
			b.opts.Log.Warn("heartbeat not recorded", "err", err)
		}
		verb = journal.VerbHeartbeat
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (b *Box) record(ctx context.Context, verb string) error {
	free, total, err := durable.FreeSpace(b.opts.Data)
	if err != nil {
		return err
	}
	g, err := b.items.Current(ctx)
	if err != nil {
		return err
	}
	count, bytes, err := b.blobs.Usage()
	if err != nil {
		return err
	}
	stats := b.hub.Stats()
	result, err := json.Marshal(map[string]any{
		"uptime_s": int(time.Since(b.started).Seconds()), "disk_free": free, "disk_total": total, "memory": memory(),
		"rooms": stats.Rooms, "connections": stats.Conns, "generation": g.ID, "items": g.Items, "blobs": count, "bytes": bytes,
	})
	if err != nil {
		return fmt.Errorf("encode heartbeat: %w", err)
	}
	return b.journal.Record(ctx, &preau.Statement{Stream: preau.StreamTelemetry, Verb: verb, Object: "box", ObjectKind: "box", Result: result})
}

// gauges registers what a scraper may read at any time.
func (b *Box) gauges() {
	b.metrics.Gauge("preau_memory_bytes", "Memory the process has from the system.", func() float64 { return float64(memory()) })
	b.metrics.Gauge("preau_uptime_seconds", "Time since this start.", func() float64 { return time.Since(b.started).Seconds() })
	b.metrics.Gauge("preau_live_rooms", "Classes in session.", func() float64 { return float64(b.hub.Stats().Rooms) })
	b.metrics.Gauge("preau_live_connections", "Screens connected to a class.", func() float64 { return float64(b.hub.Stats().Conns) })
	b.metrics.Gauge("preau_disk_free_bytes", "Free space where the box keeps everything.", func() float64 {
		free, _, err := durable.FreeSpace(b.opts.Data)
		if err != nil {
			return -1
		}
		return float64(free)
	})
}

// memory is what the process has from the system, in bytes.
func memory() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// housekeeping prunes what is receipted and past its time, once a day.
func (b *Box) housekeeping(ctx context.Context) error {
	const daily = 24 * time.Hour
	timer := time.NewTimer(time.Hour) // not while the box starts
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if proof, err := b.privacy.Purge(ctx); err != nil {
			b.opts.Log.Warn("what is past its term is not all deleted", "err", err)
		} else if n := proof.Total(); n > 0 {
			b.opts.Log.Info("deleted what is past its term", "rows", n)
		}
		if n, err := b.access.Lapse(ctx); err != nil {
			b.opts.Log.Warn("accounts of people who left not closed", "err", err)
		} else if n > 0 {
			b.opts.Log.Info("closed the accounts of people who left", "people", n)
		}
		if err := b.progress.Forget(ctx); err != nil {
			b.opts.Log.Warn("old posts not forgotten", "err", err)
		}
		if err := b.lrs.Keys.Forget(ctx); err != nil {
			b.opts.Log.Warn("ended grants not forgotten", "err", err)
		}
		if _, err := b.lrs.Records.Sweep(ctx); err != nil && ctx.Err() == nil {
			b.opts.Log.Warn("record store not swept", "err", err)
		}
		timer.Reset(daily)
	}
}
