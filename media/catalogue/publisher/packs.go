package publisher

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"preau"
	"preau/internal/durable"
	"preau/media/catalogue/notice"
	"preau/media/catalogue/trust"
)

// packItems is how many items a pack should hold: small enough that a changed
// notice costs a box little, large enough that 100 000 items are not 100 000
// requests.
const packItems = 256

// shard names the packs of a service: one, or 16, or 256, by the hash of the
// item's id, so that an item stays in its pack when others come.
func shard(service, id string, items int) string {
	digits := 0
	for n := items; n > packItems && digits < 2; n /= 16 {
		digits++
	}
	if digits == 0 {
		return service
	}
	name := service[:min(len(service), 60)]
	return strings.TrimRight(name, "-") + "-" + digest([]byte(id))[:digits]
}

// content is what will be signed: bytes by target path.
type content map[string][]byte

// build makes the targets of all items. What did not change since before
// keeps its version and its bytes, so that boxes do not fetch it again.
func build(items map[string]notice.Item, rawTaxons []byte, before content, now time.Time) (content, error) {
	services := map[string]int{}
	for _, it := range items {
		services[it.Service]++
	}
	packs := map[string][]notice.Item{}
	for _, id := range slices.Sorted(maps.Keys(items)) {
		it := items[id]
		slug := shard(it.Service, id, services[it.Service])
		packs[slug] = append(packs[slug], it)
	}
	var old notice.Index
	if b, ok := before[notice.IndexPath]; ok {
		var err error
		if old, err = notice.ParseIndex(b); err != nil {
			return nil, err
		}
	}
	targets := content{}
	index := notice.Index{Format: notice.Format, Made: old.Made, Packs: []notice.PackRef{}}
	for _, slug := range slices.Sorted(maps.Keys(packs)) {
		ref, b, err := buildPack(slug, packs[slug], old, before)
		if err != nil {
			return nil, err
		}
		targets[ref.Path] = b
		index.Packs = append(index.Packs, ref)
	}
	if len(rawTaxons) > 0 {
		targets[notice.TaxonsPath] = rawTaxons
		index.Taxons = &notice.TargetRef{Path: notice.TaxonsPath, SHA256: digest(rawTaxons)}
	}
	same, err := equal(index, old)
	if err != nil {
		return nil, err
	}
	if same {
		targets[notice.IndexPath] = before[notice.IndexPath]
		return targets, nil
	}
	index.Made = now.UTC().Format(time.RFC3339)
	if targets[notice.IndexPath], err = json.MarshalIndent(index, "", " "); err != nil {
		return nil, fmt.Errorf("encode the index: %w", err)
	}
	return targets, nil
}

func equal(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, fmt.Errorf("encode: %w", err)
	}
	y, err := json.Marshal(b)
	return string(x) == string(y), err
}

func buildPack(slug string, items []notice.Item, old notice.Index, before content) (notice.PackRef, []byte, error) {
	version := int64(1)
	for _, ref := range old.Packs {
		if ref.Slug == slug {
			version = ref.Version
		}
	}
	b, err := encodePack(slug, version, items)
	if err != nil {
		return notice.PackRef{}, nil, err
	}
	if was, ok := before[notice.PackPath(slug, version)]; ok && string(was) != string(b) {
		version++
		if b, err = encodePack(slug, version, items); err != nil {
			return notice.PackRef{}, nil, err
		}
	}
	return notice.PackRef{Slug: slug, Version: version, TargetRef: notice.TargetRef{Path: notice.PackPath(slug, version), SHA256: digest(b)}}, b, nil
}

func encodePack(slug string, version int64, items []notice.Item) ([]byte, error) {
	b, err := json.Marshal(notice.Pack{Format: notice.Format, Slug: slug, Version: version, Items: items})
	if err != nil {
		return nil, fmt.Errorf("encode pack %s: %w", slug, err)
	}
	if len(b) > notice.MaxPack || len(items) > notice.MaxPackItems {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("pack %s has %d items and %d bytes, over %d or %d", slug, len(items), len(b), notice.MaxPackItems, notice.MaxPack),
			"Spread its items over several services.", nil)
	}
	return b, nil
}

// signed reads back the targets that targets.json names.
func (r *Repository) signed(targets *metadata.Metadata[metadata.TargetsType]) (content, error) {
	c := content{}
	for path, info := range targets.Signed.Targets {
		b, err := os.ReadFile(r.path("targets", filepath.FromSlash(trust.HashedPath(path, info.Hashes["sha256"].String()))))
		if err == nil {
			err = info.VerifyLengthHashes(b)
		}
		if err != nil {
			return nil, preau.E(preau.Corrupt, "target "+path+" is not as it was signed", "Restore the repository's targets folder from a copy.", err)
		}
		c[path] = b
	}
	return c, nil
}

// keep writes targets under their hashes.
func (r *Repository) keep(targets content) error {
	for path, b := range targets {
		file := r.path("targets", filepath.FromSlash(trust.HashedPath(path, digest(b))))
		if old, err := os.ReadFile(file); err == nil && digest(old) == digest(b) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("make a folder of targets: %w", err)
		}
		if err := durable.WriteBytes(file, 0o644, b); err != nil {
			return fmt.Errorf("write target %s: %w", path, err)
		}
	}
	return nil
}

// sortedVersions lists the versions of role in a metadata folder.
func sortedVersions(dir, role string) ([]int64, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*."+role+".json"))
	if err != nil {
		return nil, fmt.Errorf("list metadata: %w", err)
	}
	var list []int64
	for _, file := range files {
		var v int64
		if _, err := fmt.Sscanf(filepath.Base(file), "%d.", &v); err == nil && v > 0 {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, cmp.Compare[int64])
	return list, nil
}
