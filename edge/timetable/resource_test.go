package timetable_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"preau"
	"preau/edge/timetable"
)

// TestResources_AreAddedRenamedAndClosed: bookings follow a name, stay when
// their thing is closed, and no two things ever share a name.
func TestResources_AreAddedRenamedAndClosed(t *testing.T) {
	zone := france(t)
	tt, c := school(t, time.Date(2026, 9, 7, 7, 0, 0, 0, zone), monday("m"))
	ctx := t.Context()
	listed := func() (names []string) {
		all, err := tt.Resources(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			names = append(names, r.Kind+" "+r.Name)
		}
		return names
	}
	expect := func(what string, want ...string) {
		t.Helper()
		if got := listed(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	refused := func(what string, kind preau.Kind, err error) {
		t.Helper()
		if preau.KindOf(err) != kind || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
	expect("the timetable's", "room 204")
	do(tt.AddResource(ctx, timetable.Resource{Name: "Valise 12 tablettes", Kind: timetable.ClashEquipment}))
	do(tt.AddResource(ctx, timetable.Resource{Name: "CDI", Kind: timetable.ClashRoom}))
	expect("added", "room 204", "room CDI", "equipment Valise 12 tablettes")
	refused("a second of the name", preau.Conflict, tt.AddResource(ctx, timetable.Resource{Name: "VALISE 12 tablettes", Kind: timetable.ClashRoom}))
	refused("a room of the timetable", preau.Conflict, tt.AddResource(ctx, timetable.Resource{Name: "204", Kind: timetable.ClashRoom}))
	for _, name := range []string{"", " CDI", "a\nb", strings.Repeat("x", 5000), "\xff"} {
		refused("a bad name", preau.Invalid, tt.AddResource(ctx, timetable.Resource{Name: name, Kind: timetable.ClashRoom}))
		refused("to a bad name", preau.Invalid, tt.RenameResource(ctx, "CDI", name))
	}
	refused("of no kind", preau.Invalid, tt.AddResource(ctx, timetable.Resource{Name: "Toit", Kind: "staff"}))

	b := timetable.Booking{Resources: []string{"Valise 12 tablettes"}, Teacher: "fr", Start: c.now.Add(3 * time.Hour), End: c.now.Add(4 * time.Hour)}
	first, err := tt.Book(ctx, b)
	do(err)
	do(tt.RenameResource(ctx, "valise 12 tablettes", "Valise A"))
	expect("renamed", "room 204", "room CDI", "equipment Valise A")
	b.Resources = []string{"Valise A"}
	_, err = tt.Book(ctx, b)
	refused("booked under its new name while it is under its old one", preau.Conflict, err)
	if all, err := tt.Resources(ctx); err != nil || all[2].Ahead != 1 || !all[0].Planned || all[1].Planned {
		t.Errorf("%+v, %v", all, err)
	}
	refused("to another's name", preau.Conflict, tt.RenameResource(ctx, "CDI", "valise a"))
	refused("a room that the timetable names", preau.Conflict, tt.RenameResource(ctx, "204", "205"))
	refused("what is not there", preau.NotFound, tt.RenameResource(ctx, "Toit", "Cave"))
	do(tt.RenameResource(ctx, "CDI", "Cdi")) // only its letters

	do(tt.CloseResource(ctx, "Valise A"))
	do(tt.CloseResource(ctx, "204"))
	expect("closed", "room Cdi")
	_, err = tt.Book(ctx, timetable.Booking{Resources: []string{"Valise A"}, Teacher: "fr", Start: c.now.Add(6 * time.Hour), End: c.now.Add(7 * time.Hour)})
	refused("a closed one", preau.NotFound, err)
	refused("closed twice", preau.NotFound, tt.CloseResource(ctx, "Valise A"))
	refused("to the name of a closed one, which has bookings", preau.Conflict, tt.RenameResource(ctx, "Cdi", "Valise A"))
	if all, err := tt.Bookings(ctx, c.now, 1); err != nil || len(all) != 1 || all[0].ID != first.ID {
		t.Errorf("the booking went with its thing: %+v, %v", all, err)
	}
	do(tt.AddResource(ctx, timetable.Resource{Name: "valise a", Kind: timetable.ClashEquipment}))
	do(tt.AddResource(ctx, timetable.Resource{Name: "204", Kind: timetable.ClashRoom}))
	expect("opened again", "room 204", "room Cdi", "equipment Valise A")
	_, err = tt.Book(ctx, b)
	refused("opened again with its bookings", preau.Conflict, err)
}
