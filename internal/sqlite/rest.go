package sqlite

import (
	"context"
	"time"
)

// restWait is how long Rest waits for readers that are at work.
const restWait = 100 * time.Millisecond

// Rest gives back the memory in which the connections keep pages, which is not
// Go's and which no collection returns: who asks next reads them from the
// system's cache again. It fails where readers are at work, who would wait.
func (db *DB) Rest(ctx context.Context) error {
	if err := db.restReaders(ctx); err != nil {
		return err
	}
	return db.submit(&job{ctx: ctx, aside: (*Tx).rest, done: make(chan struct{})})
}

// restReaders has both of them at once, so that neither is asked twice.
func (db *DB) restReaders(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, restWait)
	defer stop()
	for range maxReaders {
		conn, err := db.read.Conn(ctx)
		if err != nil {
			return classify("take a reader", err)
		}
		defer conn.Close()
		if _, err := conn.ExecContext(ctx, "PRAGMA shrink_memory"); err != nil {
			return classify("rest a reader", err)
		}
	}
	return nil
}

// rest runs in the writer, between two groups.
func (tx *Tx) rest() error {
	_, err := tx.Exec("PRAGMA shrink_memory")
	return err
}
