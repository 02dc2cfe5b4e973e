package box

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"
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

// exists reports that a box has been in data.
func exists(data string) bool {
	_, err := os.Stat(filepath.Join(data, "preau.db"))
	return err == nil
}
