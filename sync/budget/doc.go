// Package budget says when and how fast a box may use its school's line, and
// counts what it used. It promises that background transfers keep to the
// school's hours, to a rate and to a monthly allowance; that they give way to
// a class within a second and take up again by themselves; that what was
// counted survives a power cut, never forgotten, at worst a little ahead; and
// that every state has a sentence. It refuses to hold up what a class is
// waiting for, and a school's records, which are small: both are counted. Boxes next door and sticks are not the line.
//
// A clock that is not sure cannot tell hours: then the line is used at any
// time and gives way to the class as ever. It never begins an earlier month.
//
// On disk: DATA/budget.json {month, used {kind: bytes}}.
package budget
