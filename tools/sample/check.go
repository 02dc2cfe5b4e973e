package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	largest      = 8 << 20  // of the whole sample
	largestImage = 30 << 10 // of a poster
)

// notice is what check reads of an item.json.
type notice struct {
	ID       string  `json:"id"`
	Duration float64 `json:"duration_s"`
	Taxons   []string
	Levels   []string
	Assets   []struct{ Role, Mime, File, Path string }
}

// check holds what was made against its notices: every file is there, none
// is left over, films and their tracks last as long as the notice says, and
// the whole stays small. It reports every fault at once.
func check(ctx context.Context, o options) error {
	vocabulary, err := os.ReadFile(filepath.Join(o.out, "taxons.json"))
	if err != nil {
		return fmt.Errorf("read the vocabulary: %w", err)
	}
	var taxons map[string]struct{ Broader string }
	if err := json.Unmarshal(vocabulary, &taxons); err != nil {
		return fmt.Errorf("read taxons.json: %w", err)
	}
	names, err := filepath.Glob(filepath.Join(o.out, "items", "*", "item.json"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("find notices: %w", os.ErrNotExist)
	}
	var faults []error
	total := int64(len(vocabulary))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read a notice: %w", err)
		}
		var n notice
		if err := json.Unmarshal(b, &n); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
			continue
		}
		for _, uri := range append(n.Taxons, n.Levels...) {
			for u := uri; u != ""; u = taxons[u].Broader {
				if _, ok := taxons[u]; !ok {
					faults = append(faults, fmt.Errorf("%s: %s is not in taxons.json", n.ID, u))
					break
				}
			}
		}
		size, wrong := checkFiles(ctx, filepath.Dir(name), n)
		total += size
		faults = append(faults, wrong...)
	}
	fmt.Printf("%d items, %.2f MB\n", len(names), float64(total)/1e6)
	if total > largest {
		faults = append(faults, fmt.Errorf("the sample is %d bytes, over %d", total, largest))
	}
	return errors.Join(faults...)
}

func checkFiles(ctx context.Context, dir string, n notice) (total int64, faults []error) {
	named := map[string]bool{"item.json": true}
	for _, a := range n.Assets {
		named[a.File] = true
		name := filepath.Join(dir, a.File)
		info, err := os.Stat(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", n.ID, err))
			continue
		}
		if a.Role == "poster" && info.Size() > largestImage {
			faults = append(faults, fmt.Errorf("%s: its poster is %d bytes, over %d", n.ID, info.Size(), largestImage))
		}
		if strings.HasPrefix(a.Mime, "video/") || strings.HasPrefix(a.Mime, "audio/") {
			d, err := lasts(ctx, name)
			if err == nil && math.Abs(d-n.Duration) > 0.15 {
				err = fmt.Errorf("%s lasts %.2f s, not %.2f", a.File, d, n.Duration)
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", n.ID, err))
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, append(faults, fmt.Errorf("%s: %w", n.ID, err))
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			total += info.Size()
		}
		if !named[e.Name()] {
			faults = append(faults, fmt.Errorf("%s: %s is not in its notice", n.ID, e.Name()))
		}
	}
	return total, faults
}

// lasts is how long the shortest stream of a file lasts.
func lasts(ctx context.Context, name string) (float64, error) {
	out, err := exec.CommandContext(ctx, "ffprobe", "-v", "error", "-show_entries", "stream=duration", "-of", "csv=p=0", name).Output()
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", filepath.Base(name), err)
	}
	shortest := math.Inf(1)
	for _, line := range strings.Fields(string(out)) {
		d, err := strconv.ParseFloat(line, 64)
		if err != nil {
			return 0, fmt.Errorf("measure %s: %w", filepath.Base(name), err)
		}
		shortest = min(shortest, d)
	}
	return shortest, nil
}
