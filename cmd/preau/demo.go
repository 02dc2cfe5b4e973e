package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/spf13/cobra"

	"preau/cmd/preau/demo"
)

func newDemoCmd() *cobra.Command {
	var opts demo.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a whole school on this machine: origin, store, box, console, class",
		Long: `Runs everything on this machine, on real parts: an origin with the signed sample catalogue,
an S3-compatible store, a box that fetches, serves and delivers, the console, and a class
that plays a lesson (--quiet-class leaves the class to you).

Its state stays in --dir, and a second start resumes it. Accounts are made for that folder:
accounts.json in it lists them. Once all is up it prints one line on standard output:
  ready box=URL console=URL store=URL origin=URL`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), opts, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.Dir, "dir", "demo", "folder of all the demo's state")
	f.StringVar(&opts.HTTP, "http", "", "the box's address (default 127.0.0.1:8080, or any free port when that is taken)")
	f.BoolVar(&opts.QuietClass, "quiet-class", false, "no simulated class")
	f.StringVar(&opts.Sample, "sample", "", "folder of the sample catalogue (default: found beside the program)")
	f.StringVar(&opts.S3Server, "s3-server", "", "path of versitygw (default: found beside the program, or built)")
	return cmd
}

func runDemo(ctx context.Context, opts demo.Options, out, errOut io.Writer) (err error) {
	if opts.Executable, err = os.Executable(); err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	if opts.HTTP == "" {
		opts.HTTP = "127.0.0.1:8080"
		// Packs take the port after: both must be free.
		for _, addr := range []string{"127.0.0.1:8080", "127.0.0.1:8081"} {
			ln, err := net.Listen("tcp", addr)
			if err != nil {
				opts.HTTP = "127.0.0.1:0"
				break
			}
			ln.Close()
		}
	}
	opts.Progress, opts.Ready = errOut, out
	return demo.Run(ctx, opts)
}
