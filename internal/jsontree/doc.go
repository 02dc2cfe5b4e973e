// Package jsontree reads JSON into a tree that keeps the order of keys and the
// digits of numbers, for those who must give back what they were given. It
// promises to refuse what readers would disagree about: a key that comes
// twice, text that is not UTF-8, nesting without end. It refuses to know what
// the members mean.
package jsontree
