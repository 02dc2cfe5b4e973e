package console

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"preau/edge/web"
)

// frontView is the front page.
type frontView struct {
	Printed    string
	Waiting    bool
	Unreadable bool
	Silent     int // boxes not heard of for three days
	Boxes      []boxView
	Count      int
	Statements string
	Objects    int
	Faults     []string
	Notes      []string
	Footer     string
}

type boxView struct {
	Report
	Heard    string // « il y a 2 minutes »
	Late     bool
	Total    string
	Cached   string
	Disk     string
	Version  string
	AbsentPc string
	Bars     []bar
	Average  string // hours per pupil over the days with figures
	InBand   bool
	Shown    bool // there is a figure at all
	Last     []dayView
}

// bar is one day of the chart, in units of a 420 × 120 drawing where 2 h 30 is
// the whole height.
type bar struct {
	X, Y, H int
	Hidden  bool
	Label   string
}

type dayView struct{ Date, Pupils, Hours string }

const (
	chartHeight = 120
	chartHours  = 2.5
	barStep     = 30
	silence     = 3 * 24 * time.Hour
)

func (c *Console) front(w http.ResponseWriter, r *http.Request) error {
	e := c.Newest()
	lang := web.Language(r)
	v := frontView{
		Waiting: e.Waiting, Unreadable: e.Unreadable, Count: len(e.Boxes), Statements: thousands(int(e.Statements), lang), Objects: e.Objects,
		Faults: e.Faults, Notes: e.Notes, Footer: c.opts.Footer,
	}
	if !e.Waiting {
		v.Printed = e.Printed.In(c.opts.Zone).Format("02/01/2006 15:04:05")
	}
	now := c.opts.Clock.Now()
	for _, b := range e.Boxes {
		bv := c.boxView(r, b, now, lang)
		if bv.Late {
			v.Silent++
		}
		v.Boxes = append(v.Boxes, bv)
	}
	return c.pages.Render(w, r, http.StatusOK, "une", v)
}

func (c *Console) boxView(r *http.Request, b Report, now time.Time, lang string) boxView {
	v := boxView{Report: b, Total: thousands(int(b.Statements), lang), Cached: bytesText(b.CachedBytes, lang), Version: b.Versions["preau"]}
	v.Late = now.Sub(b.Received) > silence
	v.Heard = c.ago(r, now.Sub(b.Received))
	if b.DiskTotal > 0 {
		v.Disk = fmt.Sprintf("%d %%", 100*b.DiskFree/b.DiskTotal)
	}
	if b.Expected > 0 {
		v.AbsentPc = decimal(100*float64(b.Absent)/float64(b.Expected), 1, lang) + " %"
	}
	var sum float64
	n := 0
	for i, d := range b.Usage {
		h := int(min(d.Hours, chartHours) / chartHours * chartHeight)
		if d.Hours > 0 {
			h = max(h, 3)
			sum += d.Hours
			n++
		}
		v.Bars = append(v.Bars, bar{X: i*barStep + 4, Y: chartHeight - h, H: h, Hidden: d.Hidden, Label: d.Date.Format("02/01")})
		if d.Hours > 0 || d.Hidden {
			dv := dayView{Date: d.Date.Format("02/01"), Pupils: fmt.Sprint(d.Pupils), Hours: hoursText(d.Hours)}
			if d.Hidden {
				dv.Pupils, dv.Hours = "< 5", "—"
			}
			v.Last = append(v.Last, dv)
		}
	}
	if n > 0 {
		avg := sum / float64(n)
		v.Shown, v.Average, v.InBand = true, hoursText(avg), avg >= 1 && avg <= 2
	}
	return v
}

func (c *Console) ago(r *http.Request, d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return c.pages.Say(r, "une.justnow")
	case d < 2*time.Hour:
		return c.pages.Say(r, "une.minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return c.pages.Say(r, "une.hours", int(d.Hours()))
	}
	return c.pages.Say(r, "une.days", int(d.Hours()/24))
}

// hoursText writes 1.5 as « 1 h 30 », and less than an hour as « 12 min ».
func hoursText(h float64) string {
	m := int(h*60 + 0.5)
	if m < 60 {
		return fmt.Sprintf("%d min", m)
	}
	return fmt.Sprintf("%d h %02d", m/60, m%60)
}

func decimal(v float64, digits int, lang string) string {
	s := fmt.Sprintf("%.*f", digits, v)
	if lang == "fr" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

// thousands groups digits: a narrow no-break space in French, a comma in
// English.
func thousands(n int, lang string) string {
	s, sep := fmt.Sprint(n), "\u202f"
	if lang != "fr" {
		sep = ","
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return s
}

func bytesText(n int, lang string) string {
	units := []string{"o", "ko", "Mo", "Go", "To"}
	if lang != "fr" {
		units = []string{"B", "kB", "MB", "GB", "TB"}
	}
	v, i := float64(n), 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	digits := 1
	if i == 0 {
		digits = 0
	}
	return decimal(v, digits, lang) + "\u00a0" + units[i]
}
