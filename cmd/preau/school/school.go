// Package school holds the commands about a school's people and records: its
// roster, the keys of its applications, its registers, its people's data. It
// promises that each works the same whether the box runs or not; it refuses
// what is about the machine, which is package main's.
package school
