// Package notice is the shape of what a catalogue says: an item and its
// assets, the packs that carry items, the index that lists packs, and the
// labels of the vocabulary. It promises that whatever Parse* returns is
// bounded and valid, and that a publisher is told every problem of a notice
// at once, each with what to do. It refuses guesses: a wrong notice is never
// repaired in silence.
//
// The publisher's input (item.json) and the published form are the same
// object, but that each asset names a local file in the first and its SHA-256
// and size in the second.
package notice

import "fmt"

// The kinds of items.
const (
	KindVideo      = "video"
	KindAudio      = "audio"
	KindDocument   = "document"
	KindImage      = "image"
	KindApp        = "app"
	KindQuiz       = "quiz"
	KindSubject    = "subject" // an exam paper
	KindOffer      = "offer"
	KindCollection = "collection" // its members name it in PartOf
)

// The roles of assets.
const (
	RoleMain         = "main"
	RoleRendition    = "rendition"
	RoleSubtitles    = "subtitles"
	RoleAudioDesc    = "audio-description"
	RoleSignLanguage = "sign-language"
	RoleTranscript   = "transcript"
	RolePoster       = "poster"
	RoleAnswerKey    = "answer-key"
	RoleTrainerNote  = "trainer-note"
	RoleTeachingIdea = "teaching-idea"
	RoleFile         = "file" // part of an HTML item, found by its Path
)

// Who may see or download.
const (
	All   = "all"
	Staff = "staff"
)

// Item is one resource of the catalogue.
type Item struct {
	ID          string   `json:"id"` // ARK or URI
	Kind        string   `json:"kind"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	Lang        string   `json:"lang"`
	Service     string   `json:"service"`   // slug
	Publisher   string   `json:"publisher"` // slug
	Taxons      []string `json:"taxons"`    // concept URIs
	Levels      []string `json:"levels,omitempty"`
	PartOf      string   `json:"part_of,omitempty"`
	Ordinal     int      `json:"ordinal,omitempty"`
	Duration    float64  `json:"duration_s,omitempty"`
	Licence     string   `json:"licence"` // SPDX identifier
	Rights      Rights   `json:"rights"`
	Objectif    string   `json:"objectif,omitempty"`
	Competence  string   `json:"competence,omitempty"`
	Difficultes []string `json:"difficultes,omitempty"`
	ValidFrom   string   `json:"valid_from,omitempty"` // YYYY-MM-DD, inclusive
	ValidTo     string   `json:"valid_to,omitempty"`   // YYYY-MM-DD, inclusive
	Assets      []Asset  `json:"assets"`
	// Words of its documents, each once, plain, the commonest first: what a
	// search finds them by. Computed at publication.
	Words string `json:"words,omitempty"`
}

// Rights say who may see an item and who may take its files away.
type Rights struct {
	Display  string `json:"display"`
	Download string `json:"download"`
}

// Asset is one file of an item.
type Asset struct {
	Role   string `json:"role"`
	Lang   string `json:"lang,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // published form
	Size   int64  `json:"size,omitempty"`   // published form
	Mime   string `json:"mime"`
	File   string `json:"file,omitempty"` // publisher's input
	Path   string `json:"path,omitempty"` // inside an HTML item
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
	Chunks Chunks `json:"chunks,omitzero"` // published form, of large files
}

// Chunks names a file's table of chunks (media/pack), which is a blob too.
type Chunks struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Restricted reports whether this use of a file is for staff only.
func (a Asset) Restricted(r Rights) bool {
	return r.Display == Staff || a.Role == RoleAnswerKey || a.Role == RoleTrainerNote
}

// Asset returns the first asset of a role, in lang when lang is not empty.
func (it Item) Asset(role, lang string) (Asset, bool) {
	for _, a := range it.Assets {
		if a.Role == role && (lang == "" || a.Lang == lang) {
			return a, true
		}
	}
	return Asset{}, false
}

// Pack carries items together; it is what is signed and fetched at once.
type Pack struct {
	Format  int    `json:"format"`
	Slug    string `json:"slug"`
	Version int64  `json:"version"`
	Items   []Item `json:"items"`
}

// Index lists the packs of one publisher in one version of a catalogue. From
// format 2 a long list is cut into pages, so that one changed notice costs one
// page, and packs and pages are vouched for by the hashes and sizes here.
type Index struct {
	Format int        `json:"format"`
	Made   string     `json:"made"` // RFC 3339
	Packs  []PackRef  `json:"packs"`
	Pages  []PageRef  `json:"pages,omitempty"`
	Taxons *TargetRef `json:"taxons,omitempty"`
}

// Page is a part of the list of packs.
type Page struct {
	Format int       `json:"format"`
	Packs  []PackRef `json:"packs"`
}

// PackRef names a pack. In format 1 it is a signed target of its own, with a
// Path; from format 2 it has a Size and lies at PackPath.
type PackRef struct {
	Slug    string `json:"slug"`
	Version int64  `json:"version"`
	Path    string `json:"path,omitempty"`
	SHA256  string `json:"sha256"`
	Size    int64  `json:"size,omitempty"`
}

// PageRef names a page of the list.
type PageRef struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// TargetRef is a signed target's path and hash. The hash repeats what the
// signed metadata says, so that what is held already is not fetched again.
type TargetRef struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Format is the version of packs and pages, IndexFormat that of the index;
// readers refuse later ones.
const (
	Format      = 1
	IndexFormat = 2
)

// The signed targets with fixed names.
const (
	IndexPath  = "index.json"
	TaxonsPath = "taxons.json"
)

// PublisherPath is the one target that a publisher's delegated role signs:
// its index. Its pages and packs lie below the same folder.
func PublisherPath(publisher string) string { return Folder(publisher) + IndexPath }

// Folder is where a publisher's targets are; the catalogue's own, of the
// publisher "", stand at the top.
func Folder(publisher string) string {
	if publisher == "" {
		return ""
	}
	return "publishers/" + publisher + "/"
}

// PackPath is where a pack's version is, below its publisher's folder.
func PackPath(slug string, version int64) string {
	return fmt.Sprintf("packs/%s/%d.json", slug, version)
}

// PagePath is where a page of the list is, below its publisher's folder.
func PagePath(number int) string { return fmt.Sprintf("pages/%d.json", number) }
