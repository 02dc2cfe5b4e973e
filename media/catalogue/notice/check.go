package notice

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"preau/media/pack"
)

var (
	kinds = []string{KindVideo, KindAudio, KindDocument, KindImage, KindApp, KindQuiz, KindSubject, KindOffer, KindCollection}
	roles = []string{RoleMain, RoleRendition, RoleSubtitles, RoleAudioDesc, RoleSignLanguage, RoleTranscript,
		RolePoster, RoleAnswerKey, RoleTrainerNote, RoleTeachingIdea, RoleFile}

	idPattern      = regexp.MustCompile(`^(ark:/[0-9]{5,9}/|https?://|urn:)[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$`)
	slugPattern    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$`)
	langPattern    = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	mimePattern    = regexp.MustCompile(`^[a-z]+/[a-z0-9][a-z0-9.+-]{0,100}$`)
	licencePattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.+-]{1,63}$`)
	digestPattern  = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// ValidID reports whether s can name an item.
func ValidID(s string) bool { return len(s) <= maxURI && idPattern.MatchString(s) }

// ValidSlug reports whether s can name a service, a publisher or a pack.
func ValidSlug(s string) bool { return slugPattern.MatchString(s) }

// ValidDigest reports whether s is a SHA-256 in lower-case hex.
func ValidDigest(s string) bool { return digestPattern.MatchString(s) }

// IsKind reports whether an item may be of a kind.
func IsKind(kind string) bool { return slices.Contains(kinds, kind) }

// Check returns all that is wrong with an item. In the publisher's input each
// asset has a file, in the published form a hash and a size.
func (it Item) Check(published bool) []Problem {
	var ps problems
	ps.check(ValidID(it.ID), "id", fmt.Sprintf("%.60q is not an identifier", it.ID),
		"Give an ARK such as ark:/99999/my-film-1, a URI or a URN: ASCII, no space, at most 300 characters.")
	ps.check(slices.Contains(kinds, it.Kind), "kind", fmt.Sprintf("%.40q is not a kind", it.Kind), "Use one of "+strings.Join(kinds, ", ")+".")
	ps.check(it.Title != "", "title", "it is missing", "Give the title that pupils will read.")
	ps.text("title", it.Title, maxTitle, false)
	ps.text("description", it.Description, maxText, true)
	ps.text("objectif", it.Objectif, maxText, true)
	ps.text("competence", it.Competence, maxText, true)
	ps.check(len(it.Difficultes) <= maxList, "difficultes", "there are too many", fmt.Sprintf("Keep at most %d.", maxList))
	for i, d := range it.Difficultes {
		ps.text(fmt.Sprintf("difficultes[%d]", i), d, maxText, true)
	}
	ps.check(langPattern.MatchString(it.Lang) && len(it.Lang) <= 35, "lang", fmt.Sprintf("%.40q is not a language", it.Lang), "Give a code such as fr, en or fsl.")
	ps.check(ValidSlug(it.Service), "service", fmt.Sprintf("%.70q is not a service", it.Service), "Use small letters, digits and hyphens, at most 64: les-fondamentaux.")
	ps.check(ValidSlug(it.Publisher), "publisher", fmt.Sprintf("%.70q is not a publisher", it.Publisher), "Use small letters, digits and hyphens, at most 64.")
	ps.uris("taxons", it.Taxons)
	ps.uris("levels", it.Levels)
	ps.check(it.PartOf == "" || ValidID(it.PartOf), "part_of", fmt.Sprintf("%.60q is not an identifier", it.PartOf), "Give the id of the collection it belongs to, or leave it out.")
	ps.check(it.PartOf == "" || it.PartOf != it.ID, "part_of", "the item is part of itself", "Give the id of its collection, or leave it out.")
	ps.check(it.Ordinal >= 0 && it.Ordinal <= 1_000_000, "ordinal", "it is out of range", "Number the members of a collection from 1.")
	ps.check(it.Duration >= 0 && it.Duration <= 7*24*3600, "duration_s", "it is out of range", "Give the length in seconds.")
	ps.check(licencePattern.MatchString(it.Licence), "licence", fmt.Sprintf("%.70q is not a licence identifier", it.Licence), "Use an SPDX identifier such as CC-BY-SA-4.0, or LicenseRef- and a name.")
	ps.right("rights.display", it.Rights.Display)
	ps.right("rights.download", it.Rights.Download)
	ps.window(it.ValidFrom, it.ValidTo)
	ps.assets(it, published)
	if published {
		ps.text("words", it.Words, MaxWords, false)
	} else {
		ps.check(it.Words == "", "words", "it is given", "Leave it out: it is computed from the files.")
	}
	return ps
}

func (ps *problems) text(field, s string, limit int, lines bool) {
	ps.check(utf8.ValidString(s), field, "it is not UTF-8", "Save the file as UTF-8.")
	if n := utf8.RuneCountInString(s); n > limit {
		ps.addf(field, fmt.Sprintf("Keep it within %d.", limit), "it has %d characters", n)
	}
	bad := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !(lines && (r == '\n' || r == '\t'))
	})
	ps.check(bad < 0, field, "it holds a control character", "Remove it; only plain text is shown.")
}

func (ps *problems) uris(field string, list []string) {
	ps.check(len(list) <= maxList, field, fmt.Sprintf("it lists %d concepts", len(list)), fmt.Sprintf("Keep at most %d.", maxList))
	for i, u := range list {
		ps.check(ValidID(u), fmt.Sprintf("%s[%d]", field, i), fmt.Sprintf("%.60q is not a URI", u), "Give the URI of a ScoLOMFR concept.")
		ps.check(!slices.Contains(list[:i], u), fmt.Sprintf("%s[%d]", field, i), "it is there twice", "Remove one.")
	}
}

func (ps *problems) right(field, v string) {
	ps.check(v == All || v == Staff, field, fmt.Sprintf("%.40q is not a right", v), "Use all or staff.")
}

func (ps *problems) window(from, to string) {
	okFrom, okTo := ps.date("valid_from", from), ps.date("valid_to", to)
	ps.check(!okFrom || !okTo || from <= to, "valid_to", "it ends before it starts", "Put valid_to on or after valid_from.")
}

// date reports whether v is there and a date.
func (ps *problems) date(field, v string) bool {
	if v == "" {
		return false
	}
	_, err := time.Parse(time.DateOnly, v)
	ps.check(err == nil, field, fmt.Sprintf("%.40q is not a date", v), "Write it as 2026-09-01, or leave it empty.")
	return err == nil
}

func (ps *problems) assets(it Item, published bool) {
	if len(it.Assets) > MaxAssets {
		ps.addf("assets", fmt.Sprintf("Split the item: at most %d files.", MaxAssets), "there are %d", len(it.Assets))
		return
	}
	mains, paths := 0, map[string]bool{}
	for i, a := range it.Assets {
		field := fmt.Sprintf("assets[%d]", i)
		if a.Role == RoleMain {
			mains++
		}
		ps.asset(field, a, published)
		if a.Path != "" {
			same := sameName(a.Path)
			ps.check(!paths[same], field+".path", fmt.Sprintf("%.60q is there twice, or differs by capitals only", a.Path),
				"Give each file of the item a path of its own; not every disk tells capitals apart.")
			paths[same] = true
		}
	}
	if it.Kind != KindCollection && it.Kind != KindOffer {
		ps.check(mains == 1, "assets", fmt.Sprintf("there are %d main assets", mains), "Give exactly one asset the role main: what opens first. Use rendition for its other sizes.")
	}
}

func (ps *problems) asset(field string, a Asset, published bool) {
	ps.check(slices.Contains(roles, a.Role), field+".role", fmt.Sprintf("%.40q is not a role", a.Role), "Use one of "+strings.Join(roles, ", ")+".")
	ps.check(a.Lang == "" || langPattern.MatchString(a.Lang) && len(a.Lang) <= 35, field+".lang", fmt.Sprintf("%.40q is not a language", a.Lang), "Give a code such as fr, en or fsl.")
	ps.check(mimePattern.MatchString(a.Mime), field+".mime", fmt.Sprintf("%.60q is not a media type", a.Mime), "Give one such as video/mp4, text/vtt or application/pdf, without parameters.")
	ps.check(a.Role != RoleSubtitles || a.Mime == "text/vtt", field+".mime", "subtitles are not WebVTT", "Convert them to WebVTT and write text/vtt.")
	ps.check(a.Role != RolePoster || strings.HasPrefix(a.Mime, "image/"), field+".mime", "a poster is not an image", "Give an image/… type.")
	ps.check(a.Path == "" || validPath(a.Path), field+".path", fmt.Sprintf("%.60q is not a path inside an item", a.Path), "Write it with slashes, relative, without . or ..: img/cat.png.")
	ps.check(a.Role != RoleFile || a.Path != "", field+".path", "it is missing", "Give the path at which the item's pages find this file.")
	ps.check(a.Width >= 0 && a.Width <= 1<<16 && a.Height >= 0 && a.Height <= 1<<16, field, "its size in pixels is out of range", "Give width and height in pixels, or leave both out.")
	if published {
		ps.check(ValidDigest(a.SHA256), field+".sha256", "it is not a SHA-256", "Publish the catalogue again.")
		ps.check(a.Size >= 0 && a.Size <= maxSize, field+".size", "it is out of range", "Publish the catalogue again.")
		ps.check(a.Chunks == Chunks{} || ValidDigest(a.Chunks.SHA256) && a.Chunks.Size > 0 && a.Chunks.Size <= pack.MaxTable, field+".chunks", "it names no table of chunks", "Publish the catalogue again.")
		ps.check(a.File == "", field+".file", "a published asset names a local file", "Publish the catalogue again.")
		return
	}
	ps.check(validPath(a.File), field+".file", fmt.Sprintf("%.60q is not a file of the item's folder", a.File), "Give the file's name relative to item.json, with slashes, inside its folder.")
	ps.check(a.SHA256 == "" && a.Size == 0 && a.Chunks == Chunks{}, field, "it carries a hash or a size", "Leave sha256, size and chunks out: they are computed.")
}

// sameName is one for all paths that some disk takes for one another: by
// capitals, or by how an accent is coded.
func sameName(p string) string { return norm.NFC.String(cases.Fold().String(p)) }

// validPath accepts clean relative slash paths of printable characters.
func validPath(p string) bool {
	return p != "" && len(p) <= 1024 && utf8.ValidString(p) && path.Clean(p) == p && !path.IsAbs(p) && p != "." && p != ".." &&
		!strings.HasPrefix(p, "../") && !strings.ContainsFunc(p, func(r rune) bool { return r == '\\' || unicode.IsControl(r) })
}
