package edition

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau/media/catalogue/keyring"
	"preau/media/catalogue/publisher"
)

func newDelegateCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "delegate",
		Short: "Let publishers sign their own items",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cli.Usage("say what to do: add, list, revoke", cmd) },
	}
	cmd.AddCommand(newDelegateAddCmd(), newDelegateListCmd(), newDelegateRevokeCmd())
	return cmd
}

// maxGrantFile bounds a file of public keys.
const maxGrantFile = 1 << 20

func newDelegateAddCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "add DIR FILE",
		Short: "Name a publisher, or take its new keys",
		Long: `Name a publisher, or take its new keys. FILE is the NAME.keys.json that the publisher
made with preau catalogue init FOLDER --as NAME. Compare the ids of its keys with the
publisher by another way than the one by which the file came.

From the next sign on, boxes take from that publisher what its keys sign, in its own
folder of the catalogue and with its own name, and nothing else.`,
		Args: takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDelegateAdd(cmd.Context(), args[0], args[1], cmd.OutOrStdout())
		},
	}
}

func runDelegateAdd(ctx context.Context, dir, file string, out io.Writer) error {
	b, err := cli.ReadFile(file, maxGrantFile)
	if err != nil {
		return err
	}
	g, err := keyring.ParseGrant(b)
	if err != nil {
		return err
	}
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	replaced, err := repo.Delegate(ctx, g)
	if err != nil {
		return err
	}
	what := "signs for itself"
	if replaced {
		what = "has new keys"
	}
	fmt.Fprintf(out, "%s %s: %d of %s\n", g.Publisher, what, g.Threshold, count(len(g.KeyIDs), "key"))
	for _, id := range g.KeyIDs {
		fmt.Fprintf(out, "  key %s\n", id)
	}
	fmt.Fprintln(out, "compare these with the publisher, then sign")
	return nil
}

func newDelegateListCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list DIR",
		Short: "List the publishers that sign for themselves",
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDelegateList(cmd.Context(), args[0], asJSON, time.Now(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return cmd
}

func runDelegateList(ctx context.Context, dir string, asJSON bool, now time.Time, out io.Writer) error {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	roles, err := repo.Status(nil, now)
	if err != nil {
		return err
	}
	list := []keyring.RoleStatus{}
	for _, s := range roles {
		if s.Publisher {
			list = append(list, s)
		}
	}
	if asJSON {
		return writeJSON(out, list)
	}
	for _, s := range list {
		fmt.Fprintln(out, roleLine(s))
	}
	return nil
}

func newDelegateRevokeCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke DIR NAME",
		Short: "Take a publisher's delegation back",
		Long: `Take a publisher's delegation back. Once the catalogue is signed and published again,
boxes no longer take what it signs, and its items leave them.`,
		Args: takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			repo, err := publisher.Open(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer repo.Close()
			if err := repo.Revoke(cmd.Context(), args[1]); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s signs no more; sign and publish\n", args[1])
			return nil
		},
	}
}

func newReceiveCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "receive DIR FROM",
		Short: "Take what publishers signed",
		Long: `Take what publishers signed: FROM is the folder that a publisher wrote with preau
catalogue publish, brought on a disk or copied from its host. Everything is verified as
boxes will, and nothing is taken of a delivery with a fault. Then sign and publish.`,
		Args: takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runReceive(cmd.Context(), args[0], args[1], asJSON, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print events and the result as JSON")
	return cmd
}

func runReceive(ctx context.Context, dir, from string, asJSON bool, out, stderr io.Writer) error {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	bar := cli.NewProgress("receive", stderr, cli.Events(asJSON, out))
	repo.Report = bar.Rated
	done, err := repo.Receive(ctx, from, time.Now())
	bar.End()
	if err != nil {
		return err
	}
	if asJSON {
		return bar.Result(done)
	}
	for _, d := range done {
		fmt.Fprintf(out, "received %s %d: %s in %s, %s new\n", d.Publisher, d.Version, count(d.Items, "item"), count(d.Packs, "pack"), count(d.New, "blob"))
	}
	return nil
}
