package main

import (
	"encoding/json"
	"fmt"
	"io"

	"preau/internal/durable"
)

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
