// Command invent makes up a collège and an école as all systems export them,
// for tests and rehearsals: go run ./cmd/invent DIR. The same seed gives the
// same bytes. It is no part of the box's binary.
package main

import (
	"flag"
	"fmt"
	"os"

	"preau"
	"preau/edge/roster/invent"
)

func main() {
	seed := flag.Uint64("seed", 1, "which schools")
	pupils := flag.Int("pupils", 600, "pupils of the collège, 30 to 5000")
	primary := flag.Int("primary", 120, "pupils of the école, 30 to 1000")
	flag.Parse()
	if err := run(flag.Args(), *seed, *pupils, *primary); err != nil {
		fmt.Fprintln(os.Stderr, "invent:", err)
		if remedy := preau.RemedyOf(err); remedy != "" {
			fmt.Fprintln(os.Stderr, "  →", remedy)
		}
		os.Exit(preau.KindOf(err).ExitCode())
	}
}

func run(args []string, seed uint64, pupils, primary int) error {
	if len(args) != 1 {
		return preau.E(preau.Invalid, "give one folder, to write the schools into", "go run ./cmd/invent DIR", nil)
	}
	if pupils < 30 || pupils > 5000 || primary < 30 || primary > 1000 {
		return preau.E(preau.Invalid, "an invented collège has 30 to 5000 pupils, an école 30 to 1000", "Give --pupils and --primary within those.", nil)
	}
	if err := invent.Write(args[0], seed, pupils, primary); err != nil {
		return err
	}
	fmt.Printf("wrote two schools that do not exist into %s\n", args[0])
	return nil
}
