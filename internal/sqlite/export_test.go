package sqlite

import (
	"context"
	"testing"

	msqlite "modernc.org/sqlite"
)

// Kept is how many bytes of pages the readers and the writer hold.
func (db *DB) Kept(t *testing.T) (bytes int) {
	t.Helper()
	add := func(c any) error {
		n, _, err := c.(msqlite.DBStatus).Status(msqlite.DBStatusCacheUsed, false)
		bytes += n
		return err
	}
	for range maxReaders {
		conn, err := db.read.Conn(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Raw(add); err != nil {
			t.Fatal(err)
		}
	}
	// The writer's own goroutine has its connection.
	err := db.submit(&job{ctx: context.Background(), done: make(chan struct{}), aside: func(tx *Tx) error {
		return tx.conn.(interface{ Raw(func(any) error) error }).Raw(add)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}
