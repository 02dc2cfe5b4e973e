package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"preau/internal/sqlite"
	"preau/media/catalogue/word"
)

// version of a shelf's encoding and of the stems: change it and every pack is
// indexed again.
const version = 1

// Doc is an item as the index sees it.
type Doc struct {
	ID       int64
	Title    string
	Head     []string // description, competence, objectives, labels of concepts
	Text     string   // words of its documents
	Kind     string
	Service  string
	Concepts []int64 // all, with those above
	Levels   []int64
	Domains  []int64 // the broadest concepts
	Seconds  float64 // 0: it has no length
	Access   Access
	Staff    bool
	From, To string // dates of its validity, or nothing
	Main     []byte // SHA-256 of what opens first; nil when there is none
	Files    int    // besides
}

// Access is what an item offers to those who do not hear, see or read well.
type Access uint8

// The bits of Access, in the order of AccessNames.
const (
	Captions Access = 1 << iota
	AudioDescription
	SignLanguage
	Transcript
)

// AccessNames are the values of the facet.
var AccessNames = []string{"captions", "audio-description", "sign-language", "transcript"}

// The signs before a stem, one a place.
const (
	signWhole   = "0" // the whole title, its stems joined
	signTitle   = "1"
	signHead    = "2"
	signText    = "3"
	signFirst   = "4" // the title's first word
	signService = "5"
	signConcept = "6"
)

// Shelf gathers what a pack's items are filtered by, and its words.
type Shelf struct {
	items []byte
	last  int64
	words map[string]*known
}

// known is a stem as people write it.
type known struct {
	written string
	count   int
}

// maxStem bounds a stem, in bytes: nobody types more.
const maxStem = 40

// stem of a word as split.
func stem(w string) string { return cut(word.Stem(word.Plain(w))) }

func cut(s string) string {
	if len(s) <= maxStem {
		return s
	}
	return strings.ToValidUTF8(s[:maxStem], "")
}

// Add indexes an item's words and puts it on the shelf. Items come in the
// order of their numbers.
func (s *Shelf) Add(tx *sqlite.Tx, d Doc) error {
	title := stems(d.Title)
	places := map[string]string{}
	terms := []string{signService + d.Service}
	if counted := meaningful(title); len(counted) > 0 {
		terms = append(terms, signWhole+strings.Join(counted, "-"), signFirst+counted[0])
	}
	for _, c := range d.Concepts {
		terms = append(terms, fmt.Sprint(signConcept, c))
	}
	for _, w := range title {
		places[w] = signTitle
	}
	s.learn(d.Title)
	for _, text := range d.Head {
		s.learn(text)
		for _, w := range meaningful(stems(text)) {
			if places[w] == "" {
				places[w] = signHead
			}
		}
	}
	for _, w := range meaningful(stems(d.Text)) {
		if places[w] == "" {
			places[w] = signText
		}
	}
	for w, sign := range places {
		terms = append(terms, sign+w)
	}
	s.put(d)
	_, err := tx.Exec("INSERT INTO catalogue_find (rowid, words) VALUES (?, ?)", d.ID, strings.Join(terms, " "))
	return err
}

func stems(text string) []string {
	list := word.Stems(text)
	for i, w := range list {
		list[i] = cut(w)
	}
	return list
}

// meaningful leaves out the words that say nothing, unless there is no other.
func meaningful(stems []string) []string {
	if kept := slices.DeleteFunc(slices.Clone(stems), word.Empty); len(kept) > 0 {
		return kept
	}
	return stems
}

// learn counts words that a search may have meant.
func (s *Shelf) learn(text string) {
	if s.words == nil {
		s.words = map[string]*known{}
	}
	for _, w := range word.Split(text) {
		key := stem(w)
		if len(key) < minKnown || len(w) > maxStem {
			continue
		}
		if k := s.words[key]; k != nil {
			k.count++
		} else {
			s.words[key] = &known{w, 1}
		}
	}
}

func (s *Shelf) put(d Doc) {
	number := func(n int64) { s.items = binary.AppendUvarint(s.items, uint64(n)) }
	text := func(t string) {
		number(int64(len(t)))
		s.items = append(s.items, t...)
	}
	list := func(ids []int64) {
		number(int64(len(ids)))
		for _, id := range ids {
			number(id)
		}
	}
	number(d.ID - s.last)
	s.last = d.ID
	text(d.Kind)
	flags := int64(d.Access) << 1
	if d.Staff {
		flags |= 1
	}
	number(flags)
	number(int64(math.Ceil(d.Seconds)))
	text(d.From)
	text(d.To)
	list(d.Levels)
	list(d.Domains)
	number(int64(d.Files))
	text(string(d.Main))
}

// Save writes the shelf of a pack, instead of one that was there.
func (s *Shelf) Save(tx *sqlite.Tx, pack int64) error {
	var b strings.Builder
	for key, k := range s.words {
		fmt.Fprintf(&b, "%s %s %d\n", key, k.written, k.count)
	}
	items := s.items
	if items == nil {
		items = []byte{}
	}
	_, err := tx.Exec(`INSERT INTO catalogue_shelf (pack, version, items, words) VALUES (?, ?, ?, ?)
		ON CONFLICT (pack) DO UPDATE SET version = excluded.version, items = excluded.items, words = excluded.words`,
		pack, version, items, []byte(b.String()))
	return err
}

// Forget removes an item's words.
func Forget(tx *sqlite.Tx, item int64) error {
	_, err := tx.Exec("DELETE FROM catalogue_find WHERE rowid = ?", item)
	return err
}

// Unshelved lists packs that this release has not indexed.
func Unshelved(tx *sqlite.Tx) (packs []int64, err error) {
	return tx.Numbers("SELECT group_concat(p.id) FROM catalogue_pack p LEFT JOIN catalogue_shelf s ON s.pack = p.id AND s.version = ? WHERE p.complete = 1 AND s.pack IS NULL", version)
}

var errShelf = errors.New("a shelf of the catalogue's index is cut short")

// reader takes apart what put wrote.
type reader struct {
	b   []byte
	err error
}

func (r *reader) number() int64 {
	n, size := binary.Uvarint(r.b)
	if size <= 0 || n > math.MaxInt64 {
		r.b, r.err = nil, errShelf
		return 0
	}
	r.b = r.b[size:]
	return int64(n)
}

func (r *reader) text() []byte {
	n := r.number()
	if n > int64(len(r.b)) {
		r.b, r.err = nil, errShelf
		return nil
	}
	t := r.b[:n]
	r.b = r.b[n:]
	return t
}

func (r *reader) list() (ids []int64) {
	n := r.number()
	if n > int64(len(r.b)) {
		r.b, r.err = nil, errShelf
		return nil
	}
	for range n {
		ids = append(ids, r.number())
	}
	return ids
}
