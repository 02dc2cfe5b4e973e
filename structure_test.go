package preau_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// floors gives each package its floor. A package imports only packages of
// lower floors; the few pairs of one floor that belong together are in
// neighbours. A package that is not here fails the test: decide where it
// lives before writing it.
var floors = map[string]int{
	"preau": 0, // the vocabulary

	"preau/internal/durable":             1, // files that survive a power cut
	"preau/internal/durable/durabletest": 1, // a small disk for tests
	"preau/internal/httpkit":             2, // handlers that return errors
	"preau/internal/express":             3, // plain requests, before net/http
	"preau/internal/jsontree":            1, // JSON that keeps order and digits
	"preau/internal/supervise":           1, // the process as actors
	"preau/internal/sheet":               1, // CSV that no spreadsheet runs
	"preau/internal/telemetry":           1, // logs and metrics
	"preau/internal/line":                1, // out of the school, past what stands in the way
	"preau/internal/line/linetest":       1, // from another network namespace
	"preau/internal/sqlite":              2, // one database, one writer

	"preau/media/pack":                  1, // chunk tables
	"preau/media/blob":                  3, // bytes named by their hash
	"preau/media/catalogue/word":        1, // text as a search sees it
	"preau/media/catalogue/text":        2, // words of publishers' files
	"preau/media/catalogue/index":       3, // finds items by words and facets
	"preau/media/catalogue/notice":      2, // what a publisher says of an item
	"preau/media/catalogue/holding":     4, // what keeps a version of it here
	"preau/media/catalogue/trust":       3, // TUF, with floors that survive
	"preau/media/catalogue":             5, // trusted items
	"preau/media/catalogue/mirror":      4, // its published files, handed on
	"preau/media/catalogue/lom":         3, // ScoLOMFR notices
	"preau/media/catalogue/keyring":     4, // who signs what
	"preau/media/catalogue/stock":       4, // what a publisher has, cut into packs
	"preau/media/catalogue/intake":      5, // files of items into it
	"preau/media/catalogue/publisher":   6, // makes and signs a catalogue
	"preau/media/catalogue/oai":         1, // lists of other services, by OAI-PMH
	"preau/media/catalogue/oai/oaitest": 1, // such a service, for tests
	"preau/media/catalogue/harvest":     7, // what they list, taken into a catalogue
	"preau/media/courier":               6, // the catalogue on a stick
	"preau/media/shelf":                 6, // what a box keeps of it
	"preau/media/fetch":                 4, // brings blobs from wherever they are
	"preau/media/stream":                4, // serves blobs

	"preau/sync/budget":              2, // when and how fast the line may be used
	"preau/sync/bucket":              3, // the S3 port
	"preau/sync/bucket/buckettest":   4, // its contract
	"preau/sync/bucket/s3test":       4, // a real server for tests
	"preau/sync/journal":             3, // the one append-only log
	"preau/sync/journal/codec":       2, // its rows and blocks as bytes
	"preau/sync/segment":             4, // journal ranges as signed objects
	"preau/sync/segment/segmenttest": 5, // an authority for tests
	"preau/sync/uplink":              5, // delivers them
	"preau/sync/lake":                5, // reads and proves what was delivered
	"preau/sync/console":             6, // the collectivité's pages

	"preau/edge/discovery":          3, // mDNS
	"preau/edge/web":                3, // render, assets, elements
	"preau/edge/lrs/xapi":           3, // statements to the letter of xAPI
	"preau/edge/lrs/xapi/signature": 4, // their signatures
	"preau/edge/lrs/keys":           4, // who may speak xAPI
	"preau/edge/lrs/document":       4, // state and profiles
	"preau/edge/lrs/record/index":   4, // finds them
	"preau/edge/lrs/record":         5, // statements over the journal
	"preau/edge/lrs":                6, // xAPI over HTTP
	"preau/edge/cmi5/course":        3, // packages and course structures
	"preau/edge/cmi5":               5, // courses, and the rules of a session
	"preau/edge/cmi5/launch":        6, // who is given a course, launches, what they say
	"preau/edge/pages/cours":        7, // courses: the pupil's pages and the teacher's
	"preau/edge/timetable/ical":     3, // iCalendar, read and written
	"preau/edge/timetable/holidays": 3, // the national calendar, as data
	"preau/edge/roster/source":      4, // files as schools export them
	"preau/edge/roster/siecle":      5,
	"preau/edge/roster/sts":         5,
	"preau/edge/roster/onde":        5,
	"preau/edge/roster/oneroster":   5,
	"preau/edge/roster/aaf":         5,
	"preau/edge/roster/calendar":    5,
	"preau/edge/roster/invent":      7, // fictional schools for tests and rehearsals
	"preau/edge/plan":               5, // plans, registrations, gates
	"preau/edge/casework":           4, // cases
	"preau/edge/attendance/report":  6, // the register as a document
	"preau/edge/access/badge":       5, // QR badges
	"preau/edge/access/passkey":     6, // passkeys for staff
	"preau/edge/access/tries":       3, // guessing made slow
	"preau/edge/privacy":            6, // purge, access, erasure
	"preau/edge/pages/direction":    7,
	"preau/edge/pages/questions":    7, // what was asked in a lesson, for its teachers
	"preau/edge/pages/compte":       7, // an adult's own account
	"preau/edge/pages/visitor":      6, // who opens a page, of which lesson
	"preau/edge/pages/public":       6, // what anybody may read
	"preau/edge/pages/technicien":   6,
	"preau/edge/live/protocol":      2, // the words of preau.live.v1
	"preau/edge/live/stage":         3, // what is on the screens, as a pure function
	"preau/edge/live/question":      3, // a question to the class, as a pure state
	"preau/edge/live/results":       5, // what was asked and answered
	"preau/edge/live/lesson":        4, // what a class in session is, without its lines
	"preau/edge/live/pairing":       4, // boards
	"preau/edge/live/limits":        1, // what it holds and waits for
	"preau/edge/live/task":          1, // what one writer is to do
	"preau/edge/live/rate":          4, // how often a screen may say what
	"preau/edge/live/roll":          3, // who is in a room
	"preau/edge/live/door":          4, // who may open a line, and how many
	"preau/edge/live/ink":           3, // what is drawn over what is shown
	"preau/edge/live/store":         4, // rooms on the disk
	"preau/edge/live/backlog":       4, // a room's last events
	"preau/edge/directory/party":    3, // the vocabulary of people at school
	"preau/edge/directory":          4, // people and classes
	"preau/edge/directory/demo":     5, // an invented school
	"preau/edge/roster":             6, // importers, one file a format
	"preau/edge/access":             5, // who may do what
	"preau/edge/attendance":         5, // the roll
	"preau/edge/progress":           5, // what was watched
	"preau/edge/timetable":          5, // lessons of the day
	"preau/edge/live":               5, // the class, live
	"preau/edge/live/client":        6, // a client of it, for tests and rehearsals
	"preau/edge/api":                6, // JSON
	"preau/edge/pages/eleve":        7,
	"preau/edge/pages/eleve/refine": 6, // the form that narrows a search
	"preau/edge/showing":            6, // what can be opened for a class
	"preau/edge/pages/prof":         7,
	"preau/edge/pages/regie":        7, // the teacher's remote
	"preau/edge/pages/tableau":      6,
	"preau/edge/pages/tablet":       6, // what a pupil's tablet keeps
	"preau/edge/sister":             5, // boxes of one authority help each other
	"preau/edge/refresh":            6, // catalogue and blobs come in; tells the journal
	"preau/edge/content":            7, // the shelf, for a school
	"preau/edge/supply":             7, // what comes in: sources, under the line's rules
	"preau/edge/box/admin":          7, // commands reach the running box
	"preau/edge/box/status":         8, // where a box stands, read from outside
	"preau/edge/box/settings":       7, // configuration, secret, identity
	"preau/edge/box/sight":          7, // who may see which blob
	"preau/edge/box/classroom":      7, // who enters a lesson, and what the journal keeps of it
	"preau/edge/box/clock":          7, // time that never runs backwards
	"preau/edge/box":                8, // composes the box
	"preau/edge/box/boxtest":        9, // a browser and a world for tests

	"preau/provisioning/revocation":     2, // which certificates were taken back
	"preau/provisioning/authority":      3, // the CA
	"preau/provisioning/enrol":          4, // a box gets its identity
	"preau/provisioning/doctor":         6, // what is wrong and what to do
	"preau/provisioning/rehearse/visit": 6, // somebody at a box, as a browser
	"preau/provisioning/rehearse":       7, // a class played on a box that runs

	"preau/images/deb": 3, // Debian packages, and their test

	"preau/cmd/preau/cli":     8, // what every command needs
	"preau/cmd/preau/edition": 9, // commands of those who make a catalogue
	"preau/cmd/preau/school":  9, // commands about people and records
	"preau/cmd/preau/content": 9, // commands about what a box holds
	"preau/cmd/preau/demo":    9, // everything on one machine
	"preau/cmd/preau":         10,
	"preau/cmd/invent":        10, // schools made up, for tests and rehearsals
}

// neighbours may import across one floor: a package and what it is made of.
var neighbours = map[[2]string]string{}

const (
	maxFileLines    = 500
	maxPackageLines = 1800 // one sitting, comments included
)

type pkg struct {
	ImportPath, Dir                    string
	Imports                            []string
	GoFiles, TestGoFiles, XTestGoFiles []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// faults returns what is wrong with one package's place in the house.
func faults(p pkg) (found []string) {
	floor, ok := floors[p.ImportPath]
	if !ok {
		found = append(found, p.ImportPath+" has no floor: give it one in structure_test.go")
	}
	base := p.ImportPath[strings.LastIndex(p.ImportPath, "/")+1:]
	for _, bad := range []string{"sync", "util", "utils", "common", "helpers", "misc"} {
		if base == bad {
			found = append(found, p.ImportPath+": no package is named "+bad)
		}
	}
	for _, imp := range p.Imports {
		if imp != "preau" && !strings.HasPrefix(imp, "preau/") {
			continue
		}
		below, known := floors[imp]
		if known && below >= floor && neighbours[[2]string{p.ImportPath, imp}] == "" {
			found = append(found, fmt.Sprintf("%s (floor %d) imports %s (floor %d): imports only go down", p.ImportPath, floor, imp, below))
		}
		if strings.HasPrefix(p.ImportPath, "preau/media/") && (strings.HasPrefix(imp, "preau/edge/") || strings.HasPrefix(imp, "preau/sync/")) {
			found = append(found, p.ImportPath+" imports "+imp+": media knows nothing of schools")
		}
		if strings.HasPrefix(p.ImportPath, "preau/internal/") && imp != "preau" && !strings.HasPrefix(imp, "preau/internal/") {
			found = append(found, p.ImportPath+" imports "+imp+": foundations know no word of the house")
		}
	}
	return found
}

func TestStructure_ImportsOnlyGoDown(t *testing.T) {
	for _, p := range packages(t) {
		for _, fault := range faults(p) {
			t.Error(fault)
		}
	}
}

// TestStructure_Fires shows that each rule can fail.
func TestStructure_Fires(t *testing.T) {
	for _, p := range []pkg{
		{ImportPath: "preau/edge/newcomer"},
		{ImportPath: "preau/media/blob", Imports: []string{"preau/media/fetch"}},
		{ImportPath: "preau/media/stream", Imports: []string{"preau/sync/journal"}},
		{ImportPath: "preau/internal/durable", Imports: []string{"preau/edge/web"}},
		{ImportPath: "preau/edge/util"},
	} {
		if len(faults(p)) == 0 {
			t.Errorf("%+v passes, and must not", p)
		}
	}
}

func TestStructure_FilesAndPackagesFitInOneSitting(t *testing.T) {
	for _, p := range packages(t) {
		total := 0
		for i, files := range [][]string{p.GoFiles, p.TestGoFiles, p.XTestGoFiles} {
			for _, name := range files {
				b, err := os.ReadFile(filepath.Join(p.Dir, name))
				if err != nil {
					t.Fatal(err)
				}
				n := bytes.Count(b, []byte("\n"))
				if n > maxFileLines {
					t.Errorf("%s/%s has %d lines, over %d", p.ImportPath, name, n, maxFileLines)
				}
				if i == 0 {
					total += n
				}
			}
		}
		if total > maxPackageLines {
			t.Errorf("%s has %d lines, over %d", p.ImportPath, total, maxPackageLines)
		}
	}
}

func TestStructure_EveryPackageSaysWhatItPromises(t *testing.T) {
	for _, p := range packages(t) {
		documented := len(p.GoFiles) == 0
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			documented = documented || f.Doc.Text() != ""
		}
		if !documented {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
