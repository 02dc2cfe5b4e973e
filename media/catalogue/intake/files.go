package intake

import (
	"preau"
	"preau/media/catalogue/notice"
)

// Files are what a command goes through, each once, and how far it is.
type Files struct {
	List   []File
	known  map[key]bool
	At     preau.Progress
	report func(preau.Progress) // may be nil
}

// File is a file of a catalogue, and the first item that names it.
type File struct {
	Item string
	notice.Asset
}

// key is what of a file is copied and verified.
type key struct {
	sha256 string
	size   int64
	chunks notice.Chunks
}

// NewFiles makes an empty list. report hears how far it is; it may be nil.
func NewFiles(report func(preau.Progress)) *Files {
	return &Files{known: map[key]bool{}, report: report}
}

// Add takes in those of a pack's items.
func (f *Files) Add(items []notice.Item) {
	for _, it := range items {
		for _, a := range it.Assets {
			if k := (key{a.SHA256, a.Size, a.Chunks}); !f.known[k] {
				f.known[k] = true
				f.List = append(f.List, File{it.ID, a})
				f.At.Files++
				f.At.Bytes += a.Size
			}
		}
	}
}

// Each goes through them; do tells of bytes as they move. The bytes of a file
// that moved none are no part of the sum.
func (f *Files) Each(do func(one File, moved func(n int64)) error) error {
	for _, one := range f.List {
		before := f.At.BytesDone
		if err := do(one, func(n int64) { f.At.BytesDone += n; f.tell() }); err != nil {
			return err
		}
		f.At.FilesDone++
		if f.At.BytesDone == before {
			f.At.Bytes -= one.Size
		} else {
			f.At.BytesDone = before + one.Size // it may have been cut short
		}
		f.tell()
	}
	return nil
}

func (f *Files) tell() {
	if f.report != nil {
		f.report(f.At)
	}
}
