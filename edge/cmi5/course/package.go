package course

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"preau"
)

// Bounds of a package.
const (
	MaxFiles  = 20_000
	MaxFile   = 2 << 30
	MaxTotal  = 8 << 30
	maxSwell  = 200      // what unpacks to more times its size is no course
	slack     = 16 << 20 // below which swelling does not matter
	Structure = "cmi5.xml"
)

// Package is a course with its files.
type Package struct {
	Course *Course
	Files  []File // in the order of the zip; without cmi5.xml
}

// File is one file of a package.
type File struct {
	Path string
	Size int64
	Open func() (io.ReadCloser, error)
}

// Read reads a package, zip or structure alone; it looks at the first bytes.
func Read(r io.ReaderAt, size int64) (*Package, error) {
	var head [4]byte
	if n, err := r.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the package: %w", err)
	} else if n >= 2 && string(head[:2]) == "PK" {
		return readZip(r, size)
	}
	if size > MaxStructure {
		return nil, preau.E(preau.TooLarge, "this is neither a zip nor a course structure of a size to read", "Give the course's zip, or its cmi5.xml.", nil)
	}
	raw, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, fmt.Errorf("read the course structure: %w", err)
	}
	c, err := ParseStructure(bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), nil)
	if err != nil {
		return nil, err
	}
	return &Package{Course: c}, nil
}

func readZip(r io.ReaderAt, size int64) (*Package, error) {
	z, err := zip.NewReader(r, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // refused below, by name
		return nil, preau.E(preau.Invalid, "the package is a broken zip", "Get the package again: it was cut or changed on the way.", err)
	}
	if len(z.File) > MaxFiles {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("the package has %d files", len(z.File)), fmt.Sprintf("At most %d; split the course.", MaxFiles), nil)
	}
	p := &Package{}
	var structure *zip.File
	seen, fold, total := map[string]string{}, cases.Fold(), uint64(0)
	for _, f := range z.File {
		name, dir := strings.CutSuffix(f.Name, "/")
		if err := acceptable(f, name, dir); err != nil {
			return nil, err
		}
		if total += f.UncompressedSize64; f.UncompressedSize64 > MaxFile || total > MaxTotal || total > uint64(size)*maxSwell+slack {
			return nil, preau.E(preau.TooLarge, fmt.Sprintf("the package swells too much, at %.120q", f.Name), fmt.Sprintf("A file is at most %d MB, a package %d MB, and neither %d times its zip.", MaxFile>>20, MaxTotal>>20, maxSwell), nil)
		}
		if dir {
			continue
		}
		if other, taken := seen[fold.String(name)]; taken {
			return nil, refuse(fmt.Sprintf("the package has both %.120q and %.120q", other, name), "a file comes once, and names differ by more than capitals")
		}
		seen[fold.String(name)] = name
		if name == Structure {
			structure = f
			continue
		}
		p.Files = append(p.Files, File{Path: name, Size: int64(f.UncompressedSize64), Open: f.Open})
	}
	if structure == nil {
		return nil, refuse("the package has no cmi5.xml", "section 14.1, a zip holds cmi5.xml at its root")
	}
	raw, err := whole(structure)
	if err != nil {
		return nil, err
	}
	p.Course, err = ParseStructure(raw, func(name string) bool { return seen[fold.String(name)] == name && name != Structure })
	if err != nil {
		return nil, err
	}
	return p, nil
}

func whole(f *zip.File) ([]byte, error) {
	if f.UncompressedSize64 > MaxStructure {
		return nil, preau.E(preau.TooLarge, fmt.Sprintf("cmi5.xml is over %d MB", MaxStructure>>20), "Split the course.", nil)
	}
	in, err := f.Open()
	if err == nil {
		var raw []byte
		raw, err = io.ReadAll(io.LimitReader(in, MaxStructure+1))
		in.Close()
		if err == nil {
			return bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf")), nil
		}
	}
	return nil, preau.E(preau.Invalid, "cmi5.xml cannot be unpacked", "Get the package again: it was cut or changed on the way.", err)
}

// acceptable refuses names that could leave the folder, and what is no file.
func acceptable(f *zip.File, name string, dir bool) error {
	if !local(name) || !utf8.ValidString(name) || len(name) > 512 {
		return refuse(fmt.Sprintf("the package names the file %.120q", f.Name), "paths of a zip are relative and stay in it")
	}
	if f.Flags&1 != 0 {
		return refuse(fmt.Sprintf("the file %.120q is encrypted", f.Name), "a package is readable without a password")
	}
	if mode := f.Mode(); !mode.IsRegular() && (!dir || mode.Type() != fs.ModeDir) {
		return refuse(fmt.Sprintf("the package's %.120q is a link or a device", f.Name), "a package holds files and folders")
	}
	return nil
}

// local reports whether a path stays below where it starts, on any system.
func local(name string) bool {
	return name != "" && name != "." && !strings.ContainsAny(name, "\\:\x00") && !strings.HasPrefix(name, "/") &&
		!strings.HasPrefix(path.Clean(name), "../") && path.Clean(name) != ".." && path.Clean(name) == name
}
