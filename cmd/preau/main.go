// Command preau is the whole product in one binary: the box, the publisher of
// its catalogue, the technician's tools and the collectivité's console. Each
// command has a file of its own that parses, calls and prints; what it calls
// lives in the packages below.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"
	"preau/cmd/preau/content"
	"preau/cmd/preau/edition"
	"preau/cmd/preau/school"

	"preau"
)

// version is set by the build.
var version = "dev"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is main without the process, so that tests call it too.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		stop() // a second signal exits at once
	}()
	root := newRootCmd()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		return explain(stderr, err)
	}
	return 0
}

// explain prints what failed, why and what to do, and gives the exit code.
func explain(w io.Writer, err error) int {
	fmt.Fprintf(w, "preau: %v\n", err)
	if remedy := preau.RemedyOf(err); remedy != "" {
		fmt.Fprintf(w, "  → %s\n", remedy)
	}
	return preau.KindOf(err).ExitCode()
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "preau",
		Short: "Keeps school running when the Internet does not",
		Long: `Préau is the box inside a school that keeps it running when the Internet does not:
it caches and serves lessons, runs the class live, keeps every record and delivers
it when there is a line.

Exit codes: 0 done, 1 failed, 2 usage. Errors say what to do.`,
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return cli.Usage(err.Error(), cmd)
	})
	root.AddGroup(
		&cobra.Group{ID: "run", Title: "Run:"},
		&cobra.Group{ID: "watch", Title: "Watch and repair:"},
		&cobra.Group{ID: "make", Title: "Provision and publish:"},
	)
	for _, g := range []struct {
		id   string
		cmds []*cobra.Command
	}{
		{"run", []*cobra.Command{newDemoCmd(), newServeCmd(), newConsoleCmd()}},
		{"watch", []*cobra.Command{newStatusCmd(), content.NewCmd(), newDoctorCmd(), newRehearseCmd(), newRefreshCmd(), newUplinkCmd(), school.NewLRSCmd(), school.NewPrivacyCmd(), school.NewRegisterCmd(), newLakeCmd()}},
		{"make", []*cobra.Command{newProvisionCmd(), school.NewRosterCmd(), edition.NewCmd(), content.NewPackCmd(), newCourseCmd()}},
	} {
		for _, c := range g.cmds {
			c.GroupID = g.id
			root.AddCommand(c)
		}
	}
	return root
}
