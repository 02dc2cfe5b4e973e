package box

import (
	"context"
	"time"

	"preau"
	"preau/edge/access"
	"preau/edge/directory"
	"preau/edge/plan"
	"preau/edge/timetable"
)

// Seed is a school to put into a box that is not running: the demo's, a
// test's. Slots are its timetable, by the roster's keys.
type Seed struct {
	Roster directory.Roster
	Week   func(class, person func(key string) string) []timetable.Slot
	// Resources can be booked, beside the rooms of the week.
	Resources []timetable.Resource
	// Plans are given to a class by their makers.
	Plans func(class, person func(key string) string) []SeedPlan
}

// SeedPlan is a plan and the class that is to do it.
type SeedPlan struct {
	plan.Plan
	Class string
	Note  string
}

// Account is somebody who can sign in.
type Account struct {
	Person string `json:"person"` // pid
	Name   string `json:"name"`
	Role   string `json:"role"`
	Class  string `json:"class,omitempty"`
	Group  string `json:"group,omitempty"` // the class's id
	Login  string `json:"login,omitempty"`
	Secret string `json:"secret"` // five words, or four digits (see Pictures)
	// Pictures are the four digits as the screen shows them.
	Pictures []string `json:"pictures,omitempty"`
}

// SeedData applies a seed to the box in data and returns the accounts made
// for everybody in it. Secrets can be read once, here.
func SeedData(ctx context.Context, data string, seed Seed) ([]Account, error) {
	b, err := Open(ctx, Options{Data: data, Log: discard()})
	if err != nil {
		return nil, err
	}
	defer b.Close()
	if _, err := b.directory.Apply(ctx, seed.Roster); err != nil {
		return nil, err
	}
	classes, err := b.directory.Classes(ctx)
	if err != nil {
		return nil, err
	}
	classByName := map[string]string{}
	for _, c := range classes {
		classByName[c.Name] = c.ID
	}
	classOf := func(key string) string {
		for _, c := range seed.Roster.Classes {
			if c.Key == key {
				return classByName[c.Name]
			}
		}
		return ""
	}
	pidOf := func(key string) string {
		p, err := b.directory.ByKey(ctx, seed.Roster.Source, key)
		if err != nil {
			return ""
		}
		return p.ID
	}
	if seed.Week != nil {
		if err := b.timetable.Apply(ctx, seed.Roster.Source, seed.Week(classOf, pidOf)); err != nil {
			return nil, err
		}
	}
	for _, r := range seed.Resources {
		if err := b.timetable.AddResource(ctx, r); err != nil {
			return nil, err
		}
	}
	if seed.Plans != nil {
		for _, p := range seed.Plans(classOf, pidOf) {
			p.ID = preau.NewID()
			if _, err := b.plans.Save(ctx, p.Owner, p.Plan); err != nil {
				return nil, err
			}
			given := plan.Registration{ID: preau.NewID(), Plan: p.ID, Class: p.Class, Tutor: p.Owner, Note: p.Note, Due: b.clock.Now().AddDate(0, 0, 7)}
			if err := b.plans.Assign(ctx, p.Owner, given); err != nil {
				return nil, err
			}
		}
	}
	return b.accounts(ctx, seed.Roster)
}

// accounts issues a credential to everybody.
func (b *Box) accounts(ctx context.Context, r directory.Roster) (list []Account, err error) {
	for _, p := range r.People {
		if p.Roles[0] == directory.Guardian {
			continue // the box has no screen for families
		}
		who, err := b.directory.ByKey(ctx, r.Source, p.Key)
		if err != nil {
			return nil, err
		}
		a := Account{Person: who.ID, Name: who.Formal(), Role: string(who.Roles[0])}
		if who.Is(directory.Technician) {
			if a.Secret, err = b.access.IssueToken(ctx, a.Name, 7*24*time.Hour); err != nil {
				return nil, err
			}
			list = append(list, a)
			continue
		}
		cred, err := b.access.IssueCredential(ctx, who.ID)
		if err != nil {
			return nil, err
		}
		a.Login, a.Secret = cred.Login, cred.Secret
		if who.Is(directory.Pupil) {
			a.Login, a.Pictures = "", pictures(cred.Secret)
			mine, err := b.directory.ClassesOf(ctx, who.ID)
			if err != nil {
				return nil, err
			}
			if len(mine) > 0 { // the division; groups come after
				a.Class, a.Group = mine[0].Name, mine[0].ID
			}
		}
		list = append(list, a)
	}
	return list, nil
}

// pictures names the symbols of a code.
func pictures(code string) (names []string) {
	for _, digit := range []byte(code) {
		for _, s := range access.Symbols() {
			if s.Digit == digit {
				names = append(names, s.French)
			}
		}
	}
	return names
}
