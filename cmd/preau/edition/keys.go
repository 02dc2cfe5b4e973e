package edition

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"preau/media/catalogue/keyring"
	"preau/media/catalogue/publisher"
)

type statusOptions struct {
	keys []string
	json bool
}

func newStatusCmd() *cobra.Command {
	var opts statusOptions
	cmd := &cobra.Command{
		Use:   "status DIR",
		Short: "Show roles, keys, thresholds and dates",
		Long:  `Show each role: its version, until when it is valid, which keys sign for it and how many must, and what waits for signatures.`,
		Args:  takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runStatus(cmd.Context(), args[0], opts, time.Now(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringSliceVar(&opts.keys, "keys", nil, "`folder` of keys kept elsewhere; may be repeated")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the roles as JSON")
	return cmd
}

func runStatus(ctx context.Context, dir string, opts statusOptions, now time.Time, out io.Writer) error {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	roles, err := repo.Status(opts.keys, now)
	if err != nil {
		return err
	}
	if opts.json {
		return writeJSON(out, map[string]any{"publisher": repo.Publisher(), "roles": roles})
	}
	for _, s := range roles {
		fmt.Fprintln(out, roleLine(s))
		for _, k := range s.Keys {
			where := k.AtHand
			if where == "" {
				where = "not at hand"
			}
			fmt.Fprintf(out, "  key %s  %s\n", k.ID[:min(12, len(k.ID))], where)
		}
		if s.Waiting != "" {
			fmt.Fprintf(out, "  → %s has %d of %d signatures: carry it to who holds another key (preau catalogue cosign)\n", s.Waiting, s.Signed, s.Threshold)
		}
	}
	return nil
}

func roleLine(s keyring.RoleStatus) string {
	state := "valid until " + s.Expires.Format(time.DateOnly)
	switch {
	case s.Version == 0 && s.Publisher:
		state = "nothing received yet"
	case s.Version == 0:
		state = "never signed"
	case s.Expired:
		state = "expired on " + s.Expires.Format(time.DateOnly)
	case s.Due:
		state += ", to be renewed"
	}
	return fmt.Sprintf("%s %d: %s; %d of %s sign", s.Role, s.Version, state, s.Threshold, count(len(s.Keys), "key"))
}

func newCosignCmd() *cobra.Command {
	var opts statusOptions
	cmd := &cobra.Command{
		Use:   "cosign FILE",
		Short: "Add a signature to what waits for it",
		Long: `Add a signature to what waits for it.

FILE is one of a repository's folder pending/, brought to who holds a key: nothing
else of the repository is needed. Put it back, and run preau catalogue sign there.`,
		Args: takes(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCosign(args[0], opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringSliceVar(&opts.keys, "keys", nil, "`folder` of the keys; may be repeated")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print the result as JSON")
	return cmd
}

func runCosign(file string, opts statusOptions, out io.Writer) error {
	keys, err := keyring.Load(opts.keys...)
	if err != nil {
		return err
	}
	done, err := keyring.Cosign(file, keys)
	if err != nil {
		return err
	}
	if opts.json {
		return writeJSON(out, done)
	}
	fmt.Fprintf(out, "%s %d has %d of %s\n", done.Role, done.Version, done.Have, count(done.Need, "signature"))
	return nil
}

type rotateOptions struct {
	publisher.RotateOptions
	json bool
}

func newRotateCmd() *cobra.Command {
	var opts rotateOptions
	cmd := &cobra.Command{
		Use:   "rotate DIR ROLE",
		Short: "Change the keys of a role",
		Long: `Change the keys of a role: root, targets, snapshot or timestamp, or in a publisher's
folder the publisher's.

Without options all its keys are replaced. The next root is signed by enough of the
old root's keys and of the new ones; with too few at hand it waits in DIR/pending.
Then sign and publish: boxes follow by themselves, and refuse the old keys for good.

A publisher gives its new public keys to the catalogue's owner, who takes them with
preau catalogue delegate add.`,
		Args: takes(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Role, opts.Now = args[1], time.Now()
			return runRotate(cmd.Context(), args[0], opts, cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.IntVar(&opts.New, "new", 0, "how many `keys` to make")
	f.StringSliceVar(&opts.Revoke, "revoke", nil, "withdraw only the key whose `id` begins so; may be repeated")
	f.IntVar(&opts.Threshold, "threshold", 0, "how `many` of its keys must sign")
	f.StringSliceVar(&opts.Keys, "keys", nil, "`folder` of keys kept elsewhere; may be repeated")
	f.BoolVar(&opts.json, "json", false, "print the result as JSON")
	return cmd
}

func runRotate(ctx context.Context, dir string, opts rotateOptions, out io.Writer) error {
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	done, err := repo.Rotate(opts.RotateOptions)
	if err != nil {
		return err
	}
	if opts.json {
		return writeJSON(out, done)
	}
	if done.Hand != "" {
		fmt.Fprintf(out, "made new keys of %s: give the catalogue's owner %s, then sign\n", repo.Publisher(), done.Hand)
		return nil
	}
	fmt.Fprintf(out, "root %d changes the keys of %s; sign and publish\n", done.Root, opts.Role)
	if len(done.Retired) > 0 {
		fmt.Fprintf(out, "these keys no longer count, destroy them: %s\n", strings.Join(done.Retired, " "))
	}
	return nil
}
