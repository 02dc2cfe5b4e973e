package content

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"preau/cmd/preau/cli"
	edgecontent "preau/edge/content"
	"preau/media/shelf"
)

func printOverview(out io.Writer, asJSON bool, o edgecontent.Overview) error {
	if asJSON {
		return writeJSON(out, o)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	amount := func(t shelf.Tally) string { return count(t.Files, "file") + ", " + cli.Bytes(t.Bytes) }
	fmt.Fprintf(w, "held\t%s\n", amount(o.Held))
	fmt.Fprintf(w, "to come\t%s\n", amount(o.Missing))
	if s := o.Fetching; s != nil {
		fmt.Fprintf(w, "\t%s of %s fetched, %s/s\n", cli.Bytes(s.BytesDone), cli.Bytes(s.Bytes), cli.Bytes(int64(s.Rate)))
	}
	if o.LeftOut.Files > 0 {
		fmt.Fprintf(w, "no room for\t%s\n", amount(o.LeftOut))
	}
	quota := "none: the disk's room"
	if o.Quota > 0 {
		quota = cli.Bytes(o.Quota)
	}
	fmt.Fprintf(w, "quota\t%s\n", quota)
	fmt.Fprintf(w, "free\t%s, of which %s stay for the school's records\n", cli.Bytes(o.Free), cli.Bytes(o.Floor))
	g := o.Catalogue.Generation
	if g.ID == 0 {
		fmt.Fprintf(w, "generation\tnone yet\n")
	} else {
		fmt.Fprintf(w, "generation\t%d, version %d of %s\n", g.ID, g.Version, g.Made.Format("2006-01-02"))
	}
	if b := o.Catalogue.Back; b != nil {
		fmt.Fprintf(w, "\trolled back on %s: stays until a version after %d\n", b.Since.Local().Format("2006-01-02 15:04"), b.Barred)
	}
	switch sc := o.Scrub; {
	case sc.At != "":
		fmt.Fprintf(w, "read through\t%s, under way since %s\n", cli.Bytes(sc.Bytes), sc.Begun.Local().Format("2006-01-02 15:04"))
	case sc.Full.IsZero():
		fmt.Fprintf(w, "read through\tnever yet\n")
	default:
		fmt.Fprintf(w, "read through\ton %s, %s, %d rotten\n", sc.Full.Local().Format("2006-01-02 15:04"), count(sc.Files, "file"), sc.Rotten)
	}
	if o.Scrub.Waiting > 0 {
		fmt.Fprintf(w, "\t%s set aside as rotten, to be fetched again\n", count(o.Scrub.Waiting, "file"))
	}
	for _, p := range o.Pins {
		fmt.Fprintf(w, "pinned\t%s %s\n", p.Scope, p.Name)
	}
	for _, wish := range o.Wishes {
		fmt.Fprintf(w, "wanted\t%s\n", wishText(wish))
	}
	if len(o.Wishes) == 0 {
		fmt.Fprintf(w, "wanted\teverything\n")
	}
	return w.Flush()
}

func wishText(w shelf.Wish) string {
	parts := []string{strings.TrimSpace(string(w.Scope) + " " + w.Name)}
	if w.Priority != 0 {
		parts = append(parts, fmt.Sprintf("priority %d", w.Priority))
	}
	if len(w.Parts.Only) > 0 {
		parts = append(parts, "only "+strings.Join(w.Parts.Only, " "))
	}
	if len(w.Parts.Without) > 0 {
		parts = append(parts, "without "+strings.Join(w.Parts.Without, " "))
	}
	if len(w.Parts.Langs) > 0 {
		parts = append(parts, "in "+strings.Join(w.Parts.Langs, " "))
	}
	if w.Parts.Height > 0 {
		parts = append(parts, fmt.Sprintf("at most %dp", w.Parts.Height))
	}
	return strings.Join(parts, ", ")
}

func printPlan(out io.Writer, asJSON bool, p shelf.Plan) error {
	if asJSON {
		return writeJSON(out, p)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(what string, t shelf.Tally) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", what, count(t.Files, "file"), cli.Bytes(t.Bytes))
	}
	line("to fetch", p.Fetch)
	for _, s := range p.Packs {
		line("  "+s.Name, s.Tally)
	}
	line("to leave", p.Evict)
	for _, s := range p.Leaving {
		name := s.Name
		if name == "" {
			name = "in no resource any more, or not wanted"
		}
		line("  "+name, s.Tally)
	}
	if p.LeftOut.Files > 0 {
		line("no room for", p.LeftOut)
	}
	if p.NotAsked.Files > 0 {
		line("not wanted", p.NotAsked)
	}
	line("held", p.Held)
	fmt.Fprintf(w, "free\t\t%s now, %s then, of which %s stay for records\n", cli.Bytes(p.Free), cli.Bytes(p.FreeAfter), cli.Bytes(p.Floor))
	return w.Flush()
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// count is a number of things for people.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
