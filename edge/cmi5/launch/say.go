package launch

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"preau"
	"preau/edge/cmi5"
	"preau/edge/cmi5/course"
	"preau/edge/lrs/xapi"
	"preau/internal/sqlite"
)

// extension is where the specification keeps a context's extensions.
const extension = "https://w3id.org/xapi/cmi5/context/extensions/"

// extReason is why an AU was waived (9.5.5.2).
const extReason = "https://w3id.org/xapi/cmi5/result/extensions/reason"

// activityTypes are those of 9.3.9; an AU's own is its course's to say.
var activityTypes = map[string]string{kindCourse: "https://w3id.org/xapi/cmi5/activitytype/course", kindBlock: "https://w3id.org/xapi/cmi5/activitytype/block"}

// note is a statement that the box makes about a registration.
type note struct {
	verb       string
	kind       string // of the object
	publisher  string // its id in the course structure
	title      course.Text
	of         string // its activity type, for an AU
	session    string
	result     map[string]any
	moves      bool // the result has success or completion (9.6.2.2)
	extensions map[string]any
	instructor string // pid
}

// say appends it to the journal, with all that 9.6 asks of the context.
func (l *Launches) say(tx *sqlite.Tx, reg registration, n note) error {
	names := map[string]string{}
	for _, t := range n.title {
		lang := t.Lang
		if lang == "" {
			lang = "und"
		}
		names[lang] = t.Text
	}
	st, err := l.compose(tx.Now, reg, n, names)
	if err != nil && len(names) > 0 { // a language that xAPI does not know: say it without the title
		st, err = l.compose(tx.Now, reg, n, nil)
	}
	if err != nil {
		return fmt.Errorf("compose the statement %s: %w", n.verb, err)
	}
	return l.Records.Say(tx, st)
}

func (l *Launches) compose(now time.Time, reg registration, n note, names map[string]string) (*xapi.Statement, error) {
	definition := map[string]any{}
	if kind := activityTypes[n.kind] + n.of; kind != "" {
		definition["type"] = kind
	}
	if len(names) > 0 {
		definition["name"] = names
	}
	categories := []any{map[string]string{"id": cmi5.CategoryCMI5}}
	if n.moves {
		categories = append(categories, map[string]string{"id": cmi5.CategoryMoveOn})
	}
	extensions := map[string]any{cmi5.ExtSession: n.session}
	for name, value := range n.extensions {
		extensions[extension+name] = value
	}
	context := map[string]any{
		"registration":      reg.id.String(),
		"contextActivities": map[string]any{"category": categories, "grouping": grouping(n.publisher)},
		"extensions":        extensions,
	}
	if n.instructor != "" {
		context["instructor"] = l.Actor(n.instructor)
	}
	said := map[string]any{
		"id": preau.NewID().String(), "actor": l.Actor(reg.person),
		"verb":    map[string]any{"id": n.verb, "display": map[string]string{"en": n.verb[strings.LastIndexByte(n.verb, '/')+1:]}},
		"object":  map[string]any{"objectType": "Activity", "id": l.activity(reg.course, n.kind, n.publisher), "definition": definition},
		"context": context, "timestamp": xapi.FormatTimestamp(now),
	}
	if n.result != nil {
		said["result"] = n.result
	}
	raw, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	return xapi.Parse(raw, xapi.V103)
}

// grouping names a thing by its publisher's id (9.6.2.3).
func grouping(publisher string) []any { return []any{map[string]string{"id": publisher}} }

// duration writes one as ISO 8601.
func duration(d time.Duration) string {
	return "PT" + strconv.FormatFloat(max(0, d).Round(10*time.Millisecond).Seconds(), 'f', -1, 64) + "S"
}
