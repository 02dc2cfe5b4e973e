package content

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"preau/cmd/preau/cli"
)

func newRollbackCmd() *cobra.Command {
	var opts options
	var yes bool
	cmd := &cobra.Command{
		Use:   "rollback --yes",
		Short: "Go back to the generation before the current one",
		Long: `Go back to the generation of the catalogue before the current one, at once. It stays until
the publisher's next version is verified; a second rollback undoes the first. Lessons
under way keep what they have open.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !yes {
				return cli.Usage("this changes what every class sees: say --yes", cmd)
			}
			var b struct {
				Current struct {
					ID    int64 `json:"id"`
					Items int   `json:"items"`
				} `json:"current"`
				Barred int64 `json:"barred"`
			}
			var raw json.RawMessage
			if err := opts.ask(cmd.Context(), http.MethodPost, "/admin/content/rollback", nil, &raw); err != nil {
				return err
			}
			if opts.json {
				return writeJSON(cmd.OutOrStdout(), raw)
			}
			if err := json.Unmarshal(raw, &b); err != nil {
				return fmt.Errorf("read the box's answer: %w", err)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "generation %d again (%s); it stays until a version after %d\n", b.Current.ID, count(b.Current.Items, "item"), b.Barred)
			return err
		},
	}
	opts.flags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	return cmd
}
