package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"preau"
	"preau/internal/durable"
)

// readFile reads a file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, preau.E(preau.Invalid, "cannot open "+path, "Check the path.", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	if int64(len(b)) > limit {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("%s is over %d bytes", path, limit), "Check that it is the right file.", nil)
	}
	return b, nil
}

// writeJSON writes v to path, readable by its owner alone, or to out for "-".
func writeJSON(path string, v any, out io.Writer) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", path, err)
	}
	b = append(b, '\n')
	if path == "-" {
		_, err = out.Write(b)
		return err
	}
	return durable.WriteBytes(path, 0o600, b)
}
