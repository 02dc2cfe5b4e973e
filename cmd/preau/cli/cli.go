// Package cli holds what every command needs: faults of usage, counted
// arguments, bounded files. It promises errors that say what to do; it refuses
// to know any command.
package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"preau"
)

// Usage is a fault of the command line.
func Usage(text string, cmd *cobra.Command) error {
	return preau.E(preau.Invalid, text, fmt.Sprintf("Run `%s --help` for what it takes.", cmd.CommandPath()), nil)
}

// Exactly wants n arguments.
func Exactly(n int, hint string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return Usage(hint, cmd)
		}
		return nil
	}
}

// ReadFile reads a file of at most limit bytes.
func ReadFile(path string, limit int64) ([]byte, error) {
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
