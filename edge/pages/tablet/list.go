package tablet

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/plan"
	"preau/internal/httpkit"
	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// What a tablet may keep, and how fast it may fetch it: a class of thirty
// leaves most of the air to the lesson.
const (
	bound     = 500 << 20 // bytes of files
	perSecond = 512 << 10 // bytes
	maxItems  = 40
	onHome    = 5   // begun items that the home page shows
	readable  = 360 // lines of a picture that a tablet shows well enough
)

// list is the answer's form; the worker of edge/web/src is its only reader.
type list struct {
	Person    string   `json:"person"`
	Bound     int64    `json:"bound"`
	PerSecond int64    `json:"per_second"`
	Pages     []string `json:"pages"`
	Items     []item   `json:"items"`
}

// item is one whose page works without the box once its files are kept.
type item struct {
	Page  string `json:"page"`
	Kind  string `json:"kind"` // film or paper
	Files []file `json:"files"`
}

type file struct {
	URL  string `json:"url"`
	Role string `json:"role"`
	Size int64  `json:"size"`
}

// list says what the signed-in pupil's tablet keeps, what is needed first
// before the rest.
func (s *shelf) list(w http.ResponseWriter, r *http.Request) error {
	who, ok := s.Access.Session(r)
	if !ok || who.Role != access.Pupil {
		return preau.E(preau.Forbidden, "only a pupil's tablet keeps pages", "", nil)
	}
	v := list{Person: who.Person, Bound: bound, PerSecond: perSecond, Pages: []string{"/eleve/", "/eleve/cahier", "/eleve/bilan"}, Items: []item{}}
	ids, err := s.given(r.Context(), who, &v)
	if err != nil {
		return err
	}
	begun, err := s.Progress.Resume(r.Context(), who.Person, onHome)
	if err != nil {
		return err
	}
	for _, e := range begun {
		ids = append(ids, e.Item)
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] || len(v.Items) == maxItems {
			continue
		}
		seen[id] = true
		if err := s.add(r.Context(), &v, id); err != nil {
			return err
		}
	}
	w.Header().Set("Cache-Control", "no-store")
	return httpkit.WriteJSON(w, http.StatusOK, v)
}

// given adds the pages of the pupil's plans, and returns the items of their
// open steps, the plan that is due first before the rest.
func (s *shelf) given(ctx context.Context, who access.Session, v *list) (ids []string, err error) {
	classes, err := s.Directory.ClassesOf(ctx, who.Person)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, c := range classes {
		groups = append(groups, c.ID)
	}
	now := s.Clock.Now()
	assigned, err := s.Plans.For(ctx, who.Person, groups, now)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(assigned, func(a, b plan.Assigned) int { return due(a, now).Compare(due(b, now)) })
	for _, a := range assigned {
		if a.Kind == plan.Selection {
			continue // what classmates share, not work
		}
		state, err := s.Plans.Of(ctx, a.Plan, who.Person)
		if err != nil {
			return nil, err
		}
		if state.Satisfied {
			continue
		}
		v.Pages = append(v.Pages, "/eleve/plan/"+a.ID.String())
		for _, step := range state.Steps {
			if step.Open && !step.Satisfied && step.Item != "" {
				ids = append(ids, step.Item)
			}
		}
	}
	return ids, nil
}

// due puts what has no date after what has one.
func due(a plan.Assigned, now time.Time) time.Time {
	if a.Registration.Due.IsZero() {
		return now.AddDate(1, 0, 0)
	}
	return a.Registration.Due
}

// add appends an item's page and its files, when it is whole here.
func (s *shelf) add(ctx context.Context, v *list, id string) error {
	it, err := s.Catalogue.Item(ctx, id, false)
	if preau.KindOf(err) == preau.NotFound && err != nil {
		return nil // withdrawn since
	}
	if err != nil {
		return err
	}
	if !it.Available || it.Coming {
		return nil
	}
	page := itemPage(it.ID)
	v.Pages = append(v.Pages, page)
	kind, assets := "paper", papers(it)
	if it.Kind == notice.KindVideo || it.Kind == notice.KindAudio {
		kind, assets = "film", films(it)
	}
	if len(assets) == 0 {
		return nil
	}
	one := item{Page: page, Kind: kind}
	for _, a := range assets {
		one.Files = append(one.Files, file{"/blobs/" + a.SHA256, a.Role, a.Size})
	}
	v.Items = append(v.Items, one)
	return nil
}

// films picks the lightest version that is good to look at, and what helps to
// follow it.
func films(it catalogue.Item) (found []catalogue.Asset) {
	var versions, helps []catalogue.Asset
	for _, a := range it.Assets {
		if slices.Contains(it.Missing, a.SHA256) {
			continue
		}
		switch a.Role {
		case notice.RoleMain, notice.RoleRendition:
			versions = append(versions, a)
		case notice.RoleSubtitles, notice.RolePoster, notice.RoleAudioDesc, notice.RoleSignLanguage:
			helps = append(helps, a)
		}
	}
	if len(versions) == 0 {
		return nil
	}
	slices.SortStableFunc(versions, func(a, b catalogue.Asset) int { return cmp.Compare(a.Size, b.Size) })
	at := slices.IndexFunc(versions, func(a catalogue.Asset) bool { return a.Height == 0 || a.Height >= readable })
	if at < 0 {
		at = len(versions) - 1
	}
	return append([]catalogue.Asset{versions[at]}, helps...)
}

// papers are what opens on the box's own origin: HTML runs on the other.
func papers(it catalogue.Item) (found []catalogue.Asset) {
	for _, a := range it.Assets {
		if a.Role == notice.RoleMain && !strings.HasPrefix(a.Mime, "text/html") && !slices.Contains(it.Missing, a.SHA256) {
			found = append(found, a)
		}
	}
	return found
}

// itemPage is the address of an item's page, as the pupils' pages write it.
func itemPage(id string) string {
	escaped := url.PathEscape(id)
	if !strings.Contains(id, "//") && !strings.Contains(id, "/.") {
		escaped = strings.ReplaceAll(escaped, "%2F", "/")
	}
	return "/eleve/ressource/" + escaped
}
