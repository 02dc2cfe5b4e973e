// Package doctor looks a box over and says, for each problem, what to do. It
// promises to change nothing of the box, running or not, to answer within a
// minute with the line cut, and to keep going whatever it finds. It refuses
// to repair: a remedy is a technician's decision.
package doctor

import (
	"context"
	"time"

	"golang.org/x/sys/cpu"
	"golang.org/x/sys/unix"

	"preau"
	"preau/internal/durable"
	"preau/provisioning/enrol"
)

// State is how bad a finding is.
type State string

// A box with a warning works; one with a failure does not do all it should.
const (
	OK   State = "ok"
	Warn State = "warn"
	Fail State = "fail"
)

// Finding is what one check saw: `preau doctor --json`, a documented contract
// (docs/cli.md).
type Finding struct {
	Check  string `json:"check"`
	State  State  `json:"state"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// Patient is the box to look at.
type Patient struct {
	Data  string // its folder
	HTTP  string // addresses it serves on; empty: not looked at
	HTTPS string
	Built time.Time // of this release
	Machine
}

// Machine is what the checks ask of the machine itself. Nil fields ask this
// one.
type Machine struct {
	Now    func() time.Time
	Synced func() bool // whether a time service disciplines the clock
	AES    func() bool // whether the processor encrypts by itself
	Free   func(dir string) (free, total uint64, err error)
}

// netTimeout bounds each question asked of the network.
const netTimeout = 10 * time.Second

// visit is one look at a box.
type visit struct {
	Patient
	running  bool
	known    bool // has an identity
	config   enrol.Config
	isConfig bool
	findings []Finding
}

// Examine makes every check, in the order in which a technician repairs.
func Examine(ctx context.Context, p Patient) []Finding {
	p.Machine = p.orThis()
	v := &visit{Patient: p}
	if v.folder() {
		v.space()
		v.lock()
		v.owner()
		v.readConfig()
		v.identity()
		v.database(ctx)
	}
	v.clock()
	v.ports(ctx)
	v.link()
	v.catalogue(ctx)
	v.store(ctx)
	v.processor()
	return v.findings
}

// Worst is the worst state among findings.
func Worst(findings []Finding) State {
	worst := OK
	for _, f := range findings {
		if f.State == Fail {
			return Fail
		}
		if f.State == Warn {
			worst = Warn
		}
	}
	return worst
}

func (v *visit) ok(check, text string) { v.add(Finding{check, OK, text, ""}) }

func (v *visit) warn(check, text, remedy string) { v.add(Finding{check, Warn, text, remedy}) }

func (v *visit) fail(check, text, remedy string) { v.add(Finding{check, Fail, text, remedy}) }

// failErr keeps an error's own words and remedy, when it has one.
func (v *visit) failErr(check string, err error, otherwise string) {
	remedy := preau.RemedyOf(err)
	if remedy == "" {
		remedy = otherwise
	}
	v.fail(check, err.Error(), remedy)
}

func (v *visit) add(f Finding) { v.findings = append(v.findings, f) }

func (m Machine) orThis() Machine {
	if m.Now == nil {
		m.Now = time.Now
	}
	if m.Synced == nil {
		m.Synced = func() bool {
			var tx unix.Timex
			_, err := unix.Adjtimex(&tx)
			return err == nil && tx.Status&unix.STA_UNSYNC == 0
		}
	}
	if m.AES == nil {
		m.AES = func() bool { return cpu.X86.HasAES || cpu.ARM64.HasAES || cpu.ARM.HasAES }
	}
	if m.Free == nil {
		m.Free = durable.FreeSpace
	}
	return m
}
