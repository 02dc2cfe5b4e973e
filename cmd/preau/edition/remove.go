package edition

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau/media/catalogue/publisher"
)

func newRemoveCmd() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "remove DIR ID…",
		Short: "Take items out of the repository",
		Long: `Take items out of the repository, by their ids or all of a publisher. Once signed and
published, boxes offer them no more; a lesson under way keeps what it has.`,
		Args: takes(1, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && name == "" {
				return cli.Usage("say which items: their ids, or --publisher NAME", cmd)
			}
			return runRemove(cmd.Context(), args[0], args[1:], name, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&name, "publisher", "", "all items of this `publisher`")
	return cmd
}

func runRemove(ctx context.Context, dir string, ids []string, name string, out io.Writer) error {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	if name != "" {
		of, err := repo.Stock().ItemsOf(ctx, name)
		if err != nil {
			return err
		}
		ids = append(ids, of...)
	}
	n, err := repo.Stock().Remove(ctx, ids)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "removed %s; sign and publish\n", count(n, "item"))
	return nil
}
