package edition

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"preau/cmd/preau/cli"

	"preau"
	"preau/media/catalogue/lom"
	"preau/media/catalogue/publisher"
	"preau/media/catalogue/stock"
)

type importOptions struct {
	publisher.ImportOptions
	lom.Defaults
	json bool
}

func newImportCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Take notices that come in another form",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cli.Usage("say which form: scolomfr", cmd) },
	}
	var opts importOptions
	lomCmd := &cobra.Command{
		Use:   "scolomfr DIR FILE|FOLDER…",
		Short: "Take ScoLOMFR notices, with their files",
		Long: `Take ScoLOMFR notices (XML of any version, LOM and LOMFR too; .xml files or .zip files of them), with the files that their
locations name, found in the folder of --files by the last part of their name.

The words of their documents (PDF, EPUB, HTML, subtitles, text) go into the search; what
cannot be read is noted, and taken. Concepts are known by their URIs. Every problem of every notice is listed with what to
do; when there is one, nothing is imported and the exit code is 1. The notices are kept
as they came.`,
		Args: takes(2, -1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runImport(cmd.Context(), args[0], args[1:], opts, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := lomCmd.Flags()
	unsaid(f, &opts.Defaults)
	f.StringVar(&opts.Files, "files", ".", "`folder` of the files that the notices name")
	f.BoolVar(&opts.DryRun, "dry-run", false, "check only, import nothing")
	f.BoolVar(&opts.json, "json", false, "print events and the result as JSON")
	cmd.AddCommand(lomCmd)
	return cmd
}

// unsaid are flags for what notices do not say.
func unsaid(f *pflag.FlagSet, d *lom.Defaults) {
	f.StringVar(&d.Service, "service", "", "`slug` of the service of these items")
	f.StringVar(&d.Publisher, "publisher", "", "`slug` of their publisher")
	f.StringVar(&d.Licence, "licence", "", "their licence, an SPDX `identifier`")
}

func runImport(ctx context.Context, dir string, from []string, opts importOptions, out, stderr io.Writer) error {
	files, err := noticeFiles(from)
	if err != nil {
		return err
	}
	var list []publisher.Imported
	for _, file := range files {
		keep := func(name string, b []byte) error {
			in := publisher.Imported{From: name, Original: stock.Original{Mime: "application/xml", Body: b}}
			in.Item, in.Problems = lom.Parse(b, opts.Defaults)
			list = append(list, in)
			return nil
		}
		if strings.EqualFold(filepath.Ext(file), ".zip") {
			err = readArchive(file, keep)
		} else {
			var b []byte
			if b, err = cli.ReadFile(file, lom.MaxBytes); err == nil {
				err = keep(file, b)
			}
		}
		if err != nil {
			return err
		}
	}
	if len(list) == 0 || len(list) > lom.MaxNotices {
		return preau.E(preau.Invalid, fmt.Sprintf("there are %d notices to import, not 1 to %d", len(list), lom.MaxNotices), "Give .xml files, .zip files, or folders that hold some.", nil)
	}
	repo, err := publisher.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer repo.Close()
	bar := cli.NewProgress("import", stderr, cli.Events(opts.json, out))
	repo.Report = bar.Rated
	results, err := repo.Import(ctx, list, opts.ImportOptions)
	bar.End()
	if results == nil {
		return err
	}
	if opts.json {
		if printErr := bar.Result(map[string]any{"items": results, "added": err == nil && !opts.DryRun}); printErr != nil {
			return printErr
		}
		return err
	}
	printChecked(out, results, opts.DryRun, err == nil, "imported")
	return err
}

// printChecked prints what is wrong with each item, or that all is well.
func printChecked(out io.Writer, results []publisher.Checked, dryRun, ok bool, verb string) {
	if dryRun {
		verb = "good"
	}
	for _, res := range results {
		for _, p := range res.Problems {
			fmt.Fprintf(out, "%s: %s: %s\n  → %s\n", res.Folder, p.Field, p.Text, p.Remedy)
		}
		for _, p := range res.Unread {
			fmt.Fprintf(out, "note: %s: %s\n  → %s\n", res.Folder, p.Text, p.Remedy)
		}
		if ok && len(res.Problems) == 0 {
			fmt.Fprintf(out, "%s %s (%s, %s)\n", verb, res.ID, count(res.Files, "file"), bytesText(res.Bytes))
		}
	}
}

// readArchive reads the notices of a ZIP.
func readArchive(file string, keep func(name string, b []byte) error) error {
	f, err := os.Open(file)
	if err != nil {
		return preau.E(preau.Invalid, "cannot open "+file, "Check the path.", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("look at %s: %w", file, err)
	}
	err = lom.Archive(f, info.Size(), func(name string, b []byte) error { return keep(file+":"+name, b) })
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	return nil
}

// noticeFiles lists the .xml and .zip files of folders, and files as they are
// given.
func noticeFiles(from []string) (files []string, err error) {
	for _, path := range from {
		info, err := os.Stat(path)
		if err != nil {
			return nil, preau.E(preau.Invalid, "cannot open "+path, "Check the path.", err)
		}
		if !info.IsDir() {
			files = append(files, path)
			continue
		}
		err = filepath.WalkDir(path, func(name string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() && slices.Contains([]string{".xml", ".zip"}, strings.ToLower(filepath.Ext(name))) {
				files = append(files, name)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", path, err)
		}
	}
	return files, nil
}
