// Package segment turns a range of the journal into immutable objects of the
// store, and reads them back. It promises that the same range always gives
// the same bytes, that no name, no free text and no local id leaves in them,
// and that every document is signed and says exactly what it covers. It
// refuses to read what is not canonical, signed by whom it claims, or whole.
//
// Words: a segment is a range of one stream in one epoch, within one UTC day;
// its facts are a Parquet object for analysis; its sealed object, when there
// are recipients, holds the named statements encrypted to them; its head is
// the signed document that names both and the head before it. A receipt is
// the authority's signed word that heads are in the lake. The layout is in
// docs/store-layout.md.
package segment
