package content

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"preau"
	"preau/cmd/preau/cli"
	"preau/edge/box"
	edgecontent "preau/edge/content"
	"preau/media/shelf"
)

// NewCmd is `preau content`.
func NewCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "content",
		Short: "Choose what the box keeps, and see how it comes",
		Long: `Choose what the box keeps, and see how it comes. The box may be running or not.

Without a wish everything is wanted, and comes while there is room. Once there is a
wish, only what is wished for is; the most specific wish decides on each resource.

  preau content want all --height 360 --without lsf,audio-description
  preau content want service les-fondamentaux --priority 10
  preau content want level 6e
  preau content plan                  what would come and what would leave, in bytes
  preau content pin item ark:/…       never leaves
  preau content rollback --yes        the generation before, until a newer one comes`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cli.Usage("say what to do: status, plan, want, unwant, pin, unpin, quota, scrub, rollback, watch", cmd)
		},
	}
	cmd.AddCommand(newStatusCmd(), newPlanCmd(), newWantCmd(), newUnwantCmd(), newPinCmd("pin"), newPinCmd("unpin"),
		newQuotaCmd(), newScrubCmd(), newRollbackCmd(), newWatchCmd())
	return cmd
}

// options are those of every content command.
type options struct {
	data string
	json bool
}

func (o *options) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.data, "data", "/var/lib/preau", "the box's data folder")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON (docs/cli.md)")
}

// ask sends in to the box and reads the answer.
func (o *options) ask(ctx context.Context, method, path string, in, out any) error {
	c, err := box.Admin(ctx, o.data)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Do(ctx, method, path, in, out)
}

// between checks the number of arguments, as a fault of usage.
func between(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return cli.Usage(fmt.Sprintf("%s takes %q, not %d arguments", cmd.CommandPath(), cmd.Use, len(args)), cmd)
		}
		return nil
	}
}

func newStatusCmd() *cobra.Command {
	var opts options
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say what the box keeps, what is still to come and why",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var o edgecontent.Overview
			if err := opts.ask(cmd.Context(), http.MethodGet, "/admin/content", nil, &o); err != nil {
				return err
			}
			return printOverview(cmd.OutOrStdout(), opts.json, o)
		},
	}
	opts.flags(cmd)
	return cmd
}

// wishFlags read a wish's parts.
type wishFlags struct {
	shelf.Wish
}

func (f *wishFlags) flags(cmd *cobra.Command) {
	names := strings.Join(shelf.PartNames(), ", ")
	cmd.Flags().StringSliceVar(&f.Parts.Only, "only", nil, "only these `parts`: "+names)
	cmd.Flags().StringSliceVar(&f.Parts.Without, "without", nil, "all but these `parts`")
	cmd.Flags().StringSliceVar(&f.Parts.Langs, "lang", nil, "`languages` of subtitles, transcripts and audio description")
	cmd.Flags().IntVar(&f.Parts.Height, "height", 0, "films of at most so many `lines`: 360, 720")
	cmd.Flags().IntVar(&f.Priority, "priority", 0, "from -100 to 100: what comes first, and leaves last")
}

// scopeOf reads SCOPE and NAME.
func scopeOf(args []string) (shelf.Scope, string) {
	if len(args) < 2 {
		return shelf.Scope(args[0]), ""
	}
	return shelf.Scope(args[0]), args[1]
}

func newWantCmd() *cobra.Command {
	var opts options
	var wish wishFlags
	cmd := &cobra.Command{
		Use:   "want all|kind|level|service|pack|item [NAME]",
		Short: "Ask the box to keep something, or parts of it",
		Args:  between(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			wish.Scope, wish.Name = scopeOf(args)
			return change(cmd, opts, "want", wish.Wish)
		},
	}
	opts.flags(cmd)
	wish.flags(cmd)
	return cmd
}

func newUnwantCmd() *cobra.Command {
	var opts options
	cmd := &cobra.Command{
		Use:   "unwant all|kind|level|service|pack|item [NAME]",
		Short: "Drop a wish; what it kept leaves when its room is needed",
		Args:  between(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			scope, name := scopeOf(args)
			return change(cmd, opts, "unwant", shelf.Wish{Scope: scope, Name: name})
		},
	}
	opts.flags(cmd)
	return cmd
}

// newPinCmd makes pin and unpin.
func newPinCmd(verb string) *cobra.Command {
	var opts options
	cmd := &cobra.Command{
		Use:   verb + " item|pack|service NAME",
		Short: map[string]string{"pin": "Keep something on the box whatever comes", "unpin": "Let something leave again"}[verb],
		Args:  between(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return change(cmd, opts, verb, shelf.Pin{Scope: shelf.Scope(args[0]), Name: args[1]})
		},
	}
	opts.flags(cmd)
	return cmd
}

func newQuotaCmd() *cobra.Command {
	var opts options
	cmd := &cobra.Command{
		Use:   "quota SIZE|none",
		Short: "Bound what content may take of the disk",
		Long: `Bound what content may take of the disk: 40G, 500M or none. Whatever the quota, content
leaves a floor of the disk free, so that the school's records never meet a full one.`,
		Args: between(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			bytes, err := parseSize(args[0])
			if err != nil {
				return err
			}
			return change(cmd, opts, "quota", bytes)
		},
	}
	opts.flags(cmd)
	return cmd
}

// parseSize reads 40G, 500M, 1T, bytes or none, in powers of 1000.
func parseSize(s string) (int64, error) {
	if s == "none" {
		return 0, nil
	}
	digits := strings.TrimRight(s, "kKMGTB")
	unit, ok := map[string]int64{"": 1, "B": 1, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[strings.TrimSuffix(s[len(digits):], "B")]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !ok || n <= 0 || n > 1<<62/unit {
		return 0, preau.E(preau.Invalid, fmt.Sprintf("%.40q is no size", s), "Give a size such as 40G or 500M, or none.", nil)
	}
	return n * unit, nil
}

// change sends a decision to the box and prints what came of it.
func change(cmd *cobra.Command, opts options, verb string, v any) error {
	var o edgecontent.Overview
	if err := opts.ask(cmd.Context(), http.MethodPost, "/admin/content/"+verb, v, &o); err != nil {
		return err
	}
	return printOverview(cmd.OutOrStdout(), opts.json, o)
}

func newPlanCmd() *cobra.Command {
	var opts options
	var wish wishFlags
	var quota string
	cmd := &cobra.Command{
		Use:   "plan [all|kind|level|service|pack|item [NAME]]",
		Short: "Tell what would be fetched and what would leave, before it does",
		Long: `Tell what would be fetched and from which pack, what would leave, and how much of the
disk would be free then. A scope, its flags and --quota are supposed for this plan
only, so that a wish is known by its size before it is made.`,
		Args: between(0, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			var sup shelf.Suppose
			if len(args) > 0 {
				wish.Scope, wish.Name = scopeOf(args)
				sup.Wishes = []shelf.Wish{wish.Wish}
			}
			if quota != "" {
				bytes, err := parseSize(quota)
				if err != nil {
					return err
				}
				sup.Quota = &bytes
			}
			var p shelf.Plan
			if err := opts.ask(cmd.Context(), http.MethodPost, "/admin/content/plan", sup, &p); err != nil {
				return err
			}
			return printPlan(cmd.OutOrStdout(), opts.json, p)
		},
	}
	opts.flags(cmd)
	wish.flags(cmd)
	cmd.Flags().StringVar(&quota, "quota", "", "suppose this `size` or none")
	return cmd
}
