package sqlite

import "time"

// Settled is a moment whose past is complete: every transaction whose Now is
// before it has been committed or undone.
func (db *DB) Settled() time.Time {
	db.open.Lock()
	defer db.open.Unlock()
	if !db.open.since.IsZero() {
		return db.open.since
	}
	return db.clock.Now()
}

// begin takes the time for the writer's next transaction.
func (db *DB) begin() time.Time {
	db.open.Lock()
	defer db.open.Unlock()
	db.open.since = db.clock.Now()
	return db.open.since
}

func (db *DB) settle() {
	db.open.Lock()
	defer db.open.Unlock()
	db.open.since = time.Time{}
}
