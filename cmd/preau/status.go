package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"preau/edge/box/status"
)

type statusOptions struct {
	data string
	json bool
}

func newStatusCmd() *cobra.Command {
	var opts statusOptions
	cmd := &cobra.Command{
		Use:   "status --data DIR",
		Short: "Say where a box stands: content, delivery, disk",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runStatus(cmd.Context(), opts, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&opts.data, "data", "/var/lib/preau", "folder of the box's state")
	cmd.Flags().BoolVar(&opts.json, "json", false, "print one JSON object (docs/cli.md)")
	return cmd
}

func runStatus(ctx context.Context, opts statusOptions, out io.Writer) error {
	s, err := status.Read(ctx, opts.data)
	if err != nil {
		return err
	}
	if opts.json {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	school := "not provisioned: run preau provision box apply"
	if s.School != "" {
		school = fmt.Sprintf("%s (%s)", s.School, s.UAI)
	}
	fmt.Fprintf(w, "school\t%s\n", school)
	fmt.Fprintf(w, "box\t%s\n", map[bool]string{true: "running", false: "stopped"}[s.Running])
	fmt.Fprintf(w, "clock\t%s\n", s.Clock)
	fmt.Fprintf(w, "disk\t%s free of %s\n", size(s.DiskFree), size(s.DiskTotal))
	fmt.Fprintf(w, "catalogue\t%s\n", catalogueLine(s))
	if p := s.Problem; p != nil {
		fmt.Fprintf(w, "\tsince %s: %s\n", p.Since.Local().Format("2006-01-02 15:04"), p.Text)
		if p.Remedy != "" {
			fmt.Fprintf(w, "\t→ %s\n", p.Remedy)
		}
	}
	fmt.Fprintf(w, "content\t%d files, %s\n", s.Blobs, size(uint64(s.BlobBytes)))
	if sup := s.Supply; sup != nil {
		fmt.Fprintf(w, "line\t%s\n", sup.Sentence)
		if sup.Fetching != nil {
			fmt.Fprintf(w, "fetching\t%s\n", sup.Fetching.Sentence("en"))
		}
		for _, b := range sup.Sisters {
			fmt.Fprintf(w, "sister box\t%s at %s\n", b.Peer, b.Address)
		}
	}
	fmt.Fprintf(w, "delivery\t%s\n", s.Delivery)
	return w.Flush()
}

func catalogueLine(s status.Status) string {
	g := s.Catalogue.Generation
	switch {
	case g.ID == 0 && !s.Catalogue.Pinned:
		return "none: the box has no catalogue root to trust; provision it"
	case g.ID == 0:
		return "none yet: waiting for the first refresh"
	case s.Catalogue.Missing > 0:
		return fmt.Sprintf("%d items of %s; %d files still to come (%s)", g.Items, g.Made.Format("2006-01-02"), s.Catalogue.Missing, size(uint64(s.Catalogue.MissingBytes)))
	}
	return fmt.Sprintf("%d items of %s, whole", g.Items, g.Made.Format("2006-01-02"))
}

// size writes bytes for people, in powers of 1024.
func size(n uint64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
