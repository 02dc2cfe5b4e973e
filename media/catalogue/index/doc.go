// Package index finds items of the catalogue by words and by facets. It
// promises an answer within 10 ms over 100 000 items, exact counts beside it,
// and that nothing that people type is an error. It refuses to know what an
// item is: it is told which words, which concepts and which flags a Doc has,
// and answers with the numbers of items.
//
// # Words
//
// Text becomes stems (package word). SQLite's FTS5 keeps them, each once an
// item, with a sign before it that says where it stands best: in the title,
// in the head (labels, description, competence, objectives), or in the text of
// its documents. The last word asked for may be unfinished: with two letters it
// is looked for in titles, with three in heads too; with four in documents too,
// when titles and heads have few that begin so and not the word itself. A word
// that finds nothing is forgiven one typing error from five letters on, two
// from nine, and the answer says what was Meant.
//
// # Facets
//
// What items are filtered by is in memory, a bit an item (a set of 100 000 has
// 12 KB), loaded from the packs' shelves before a generation is shown. A
// word's items come out of FTS5 as one text of numbers and become a set; those
// of common words and beginnings are read beforehand and kept, packed, in 8 MB
// at most. The next generation inherits them, with the items that came since.
// The rest is AND and OR of sets; a class that types the same has one answer. A facet's counts
// obey all the filters but its own, so that they say what choosing another
// value would give.
//
// # Order
//
// First the title itself, titles that begin so, titles with every word, titles
// with the last one unfinished; then items with every word in their head, then
// with some in their documents; when no item has every word, those with most of
// them. In each of these, what is on the box comes first, then the order of
// titles.
package index
