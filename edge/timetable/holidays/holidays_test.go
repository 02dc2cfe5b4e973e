package holidays_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/timetable/holidays"
)

func day(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestClosed_ByZone(t *testing.T) {
	for uai, zone := range map[preau.UAI]string{"0692000A": "A", "0590000A": "B", "0750654D": "C"} {
		c, err := holidays.For(uai)
		if err != nil || c.Zone != zone || c.Source == "" {
			t.Fatalf("%s: %+v, %v", uai, c, err)
		}
		for d, zones := range map[string]string{"2027-02-08": "C", "2027-02-15": "AC", "2027-02-24": "AB", "2027-03-02": "B", "2026-02-10": "A"} {
			if _, closed := c.Closed(day(t, d)); closed != strings.Contains(zones, zone) {
				t.Errorf("zone %s on %s: closed %v", zone, d, closed)
			}
		}
		for d, want := range map[string]bool{
			"2026-08-30": true, "2026-09-01": false, "2026-10-16": false, "2026-10-17": true, "2026-11-01": true, "2026-11-02": false,
			"2026-11-11": true, "2026-12-25": true, "2027-01-04": false, "2027-05-07": true, "2027-05-17": true, "2027-07-02": false, "2027-07-03": true,
		} {
			if why, closed := c.Closed(day(t, d)); closed != want || closed != (why != "") {
				t.Errorf("zone %s on %s: %v %q", zone, d, closed, why)
			}
		}
	}
}

func TestClosed_LegalHolidaysWhateverTheYear(t *testing.T) {
	c, _ := holidays.For("9740001A") // La Réunion: no zone
	for _, d := range []string{"2031-04-14", "2031-05-22", "2031-06-02", "2031-07-14", "2031-11-11"} {
		if why, closed := c.Closed(day(t, d)); !closed {
			t.Errorf("%s is open (%s)", d, why)
		}
	}
	if _, closed := c.Closed(day(t, "2026-10-20")); closed || c.Known(day(t, "2026-10-20")) {
		t.Error("a school without a zone has no break that it was not told")
	}
	alsace, _ := holidays.For("0670001A")
	for _, d := range []string{"2026-12-26", "2027-03-26"} {
		if _, closed := alsace.Closed(day(t, d)); !closed {
			t.Errorf("%s is open in Strasbourg", d)
		}
	}
	var none *holidays.Calendar
	if _, closed := none.Closed(day(t, "2026-12-25")); closed {
		t.Error("no calendar closes a day")
	}
}

func TestOverride_ReplacesTheYearsItTells(t *testing.T) {
	c, _ := holidays.For("0750654D")
	if c.Known(day(t, "2028-01-10")) || !c.Known(day(t, "2027-01-10")) {
		t.Fatal("knows 2027-2028, or not 2026-2027")
	}
	file := `{"source":"recteur","years":[{"year":2027,"start":"2027-09-01","end":"2028-07-08","breaks":[{"name":"Toussaint","zone":"C","from":"2027-10-23","until":"2027-11-08"}]}]}`
	got, err := c.Override(strings.NewReader(file))
	if err != nil || !got.Known(day(t, "2028-01-10")) || !got.Known(day(t, "2027-01-10")) {
		t.Fatalf("%+v, %v", got, err)
	}
	if why, _ := got.Closed(day(t, "2027-10-25")); why != "Toussaint" {
		t.Fatalf("%q", why)
	}
	if why, closed := got.InZone("A").Closed(day(t, "2027-10-25")); closed {
		t.Fatalf("zone A: %q", why)
	}
	for _, raw := range []string{"", "{}", `{"years":[{"year":2027,"start":"2027-09-01","end":"2026-07-08"}]}`, "[" + strings.Repeat("1,", 1<<20),
		`{"years":[{"year":2027,"start":"2027-09-01","end":"2028-07-08","breaks":[{"name":"x","from":"2027-11-08","until":"2027-10-23"}]}]}`} {
		if _, err := c.Override(strings.NewReader(raw)); err == nil || preau.RemedyOf(err) == "" {
			t.Errorf("%.40q: %v", raw, err)
		}
	}
}

func TestAcademies(t *testing.T) {
	if a, z := holidays.AcademieOf("0382032C"); a != "Grenoble" || z != "A" || holidays.ZoneOf("versailles") != "C" || holidays.ZoneOf("Corse") != "" {
		t.Fatal(a, z)
	}
}

func FuzzOverride(f *testing.F) {
	f.Add([]byte(`{"years":[{"year":2027,"start":"2027-09-01","end":"2028-07-08","breaks":[]}]}`))
	c, _ := holidays.For("0750654D")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if got, err := c.Override(bytes.NewReader(raw)); err == nil {
			got.Closed(time.Date(2027, 10, 25, 0, 0, 0, 0, time.UTC))
		} else if preau.RemedyOf(err) == "" {
			t.Fatal(err)
		}
	})
}
