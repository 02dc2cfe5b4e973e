package notice

import "fmt"

// Limits of what a catalogue may hold. They bound memory and time on a small
// box; a publisher that meets one is told so.
const (
	MaxNotice     = 8 << 20  // bytes of one item.json
	MaxPack       = 16 << 20 // bytes of one pack
	MaxIndex      = 4 << 20
	MaxTaxons     = 8 << 20
	MaxAssets     = 20_000 // of one item
	MaxPackItems  = 4096
	MaxPacks      = 20_000  // of one list
	MaxPages      = 512     // of one publisher
	MaxListed     = 8 << 20 // bytes of all pages of one publisher
	MaxPublishers = 500
	MaxOffered    = 512 << 20 // bytes of all packs of one publisher that signs for itself
	MaxWords      = 4000      // characters of an item's words

	maxTitle = 200
	maxText  = 8000
	maxList  = 64
	maxURI   = 300
	maxSize  = 64 << 30 // bytes of one asset
)

// Problem is one fault of a notice, for its publisher.
type Problem struct {
	Field  string `json:"field"`
	Text   string `json:"text"`
	Remedy string `json:"remedy"`
}

func (p Problem) String() string { return p.Field + ": " + p.Text + ". " + p.Remedy }

// problems gathers what is wrong with one notice.
type problems []Problem

func (ps *problems) add(field, text, remedy string) {
	*ps = append(*ps, Problem{field, text, remedy})
}

func (ps *problems) addf(field, remedy, format string, args ...any) {
	ps.add(field, fmt.Sprintf(format, args...), remedy)
}

// check adds a problem unless ok.
func (ps *problems) check(ok bool, field, text, remedy string) {
	if !ok {
		ps.add(field, text, remedy)
	}
}
