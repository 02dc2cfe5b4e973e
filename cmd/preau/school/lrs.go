package school

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"

	"preau/edge/box"
	"preau/edge/lrs"
	"preau/edge/lrs/keys"
)

func NewLRSCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "lrs",
		Short: "Let applications speak xAPI to the box",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cli.Usage("say what to do: key", cmd) },
	}
	key := &cobra.Command{
		Use:   "key",
		Short: "Make, list and revoke the keys of applications",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Usage("say what to do: create, list, revoke", cmd)
		},
	}
	key.AddCommand(newLRSKeyCreateCmd(), newLRSKeyListCmd(), newLRSKeyRevokeCmd())
	cmd.AddCommand(key)
	return cmd
}

type lrsOptions struct {
	data string
	json bool
}

func (o *lrsOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.data, "data", "/var/lib/preau", "the box's data folder")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON")
}

func newLRSKeyCreateCmd() *cobra.Command {
	var opts lrsOptions
	var name string
	var scopes []string
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a key for an application and print it, once",
		Long: `Makes a key with which an application speaks xAPI at /xapi, by HTTP Basic: its key is
the user, its secret the password. The secret is printed here and can never be read again.
The endpoint is printed as the path to add to the box's address. The box may be running or not.

Scopes: ` + scopeList() + ".",
		Example: "  preau lrs key create --name Exercices --data /var/lib/preau\n  preau lrs key create --name Tableau-de-bord --scope all/read --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runLRSKeyCreate(cmd.Context(), opts, name, scopes, cmd.OutOrStdout())
		},
	}
	opts.flags(cmd)
	cmd.Flags().StringVar(&name, "name", "application", "what the key is for; statements show it as their authority")
	cmd.Flags().StringSliceVar(&scopes, "scope", []string{string(keys.All)}, "what the key may do; may be given several times")
	return cmd
}

func scopeList() string {
	var words []string
	for _, s := range keys.Scopes() {
		words = append(words, string(s))
	}
	return strings.Join(words, ", ")
}

func runLRSKeyCreate(ctx context.Context, opts lrsOptions, name string, scopes []string, out io.Writer) error {
	c, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer c.Close()
	in := lrs.NewKey{Name: name}
	for _, s := range scopes {
		in.Scopes = append(in.Scopes, keys.Scope(s))
	}
	var made lrs.Made
	if err := c.Do(ctx, http.MethodPost, "/admin/lrs/keys", in, &made); err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(out).Encode(map[string]any{"key": made.ID, "secret": made.Secret, "name": made.Name, "scopes": made.Scopes, "endpoint": lrs.Root})
	}
	_, err = fmt.Fprintf(out, "endpoint=%s\nkey=%s\nsecret=%s\n", lrs.Root, made.ID, made.Secret)
	return err
}

func newLRSKeyListCmd() *cobra.Command {
	var opts lrsOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the keys in use, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runLRSKeyList(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	opts.flags(cmd)
	return cmd
}

func runLRSKeyList(ctx context.Context, opts lrsOptions, out io.Writer) error {
	c, err := box.Admin(ctx, opts.data)
	if err != nil {
		return err
	}
	defer c.Close()
	var all []keys.Key
	if err := c.Do(ctx, http.MethodGet, "/admin/lrs/keys", nil, &all); err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(out).Encode(all)
	}
	for _, k := range all {
		words := make([]string, len(k.Scopes))
		for i, s := range k.Scopes {
			words[i] = string(s)
		}
		if _, err := fmt.Fprintf(out, "%s  %s  %s  %s\n", k.ID, k.Created.Format("2006-01-02"), strings.Join(words, ","), k.Name); err != nil {
			return err
		}
	}
	return nil
}

func newLRSKeyRevokeCmd() *cobra.Command {
	var opts lrsOptions
	cmd := &cobra.Command{
		Use:   "revoke KEY",
		Short: "End a key; what it said stays",
		Args:  cli.Exactly(1, "give the key, as preau lrs key list shows it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := box.Admin(cmd.Context(), opts.data)
			if err != nil {
				return err
			}
			defer c.Close()
			if err := c.Do(cmd.Context(), http.MethodDelete, "/admin/lrs/keys/"+url.PathEscape(args[0]), nil, nil); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "revoked", args[0])
			return err
		},
	}
	cmd.Flags().StringVar(&opts.data, "data", "/var/lib/preau", "the box's data folder")
	return cmd
}
