package source

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
)

// Input is a file as somebody gave it.
type Input struct {
	Name string
	Data []byte
}

// Open unpacks archives and tells each file's kind. Archives are read in
// place: only what was given is in memory.
func Open(inputs []Input) ([]*File, error) {
	size, files := 0, []*File(nil)
	for _, in := range inputs {
		if size += len(in.Data); size > MaxUpload {
			return nil, tooLarge("the files are larger than any school's", "Give the exports of one school.")
		}
		if bytes.HasPrefix(in.Data, []byte("PK\x03\x04")) || bytes.HasPrefix(in.Data, []byte("PK\x05\x06")) {
			inside, err := unzip(in)
			if err != nil {
				return nil, err
			}
			files = append(files, inside...)
			continue
		}
		files = append(files, &File{Name: in.Name, open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(in.Data)), nil
		}})
	}
	if len(files) == 0 {
		return nil, Refuse("no file was given", "Give at least one export.", nil)
	}
	if len(files) > maxFiles {
		return nil, tooLarge(fmt.Sprintf("%d files are more than any export has", len(files)), "Give the exports of one school.")
	}
	for _, f := range files {
		if err := f.sniff(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func unzip(in Input) (files []*File, err error) {
	z, err := zip.NewReader(bytes.NewReader(in.Data), int64(len(in.Data)))
	if err != nil {
		return nil, Refuse(fmt.Sprintf("the archive %.80q cannot be read", in.Name), "Export it again.", err)
	}
	if len(z.File) > 1000 {
		return nil, tooLarge(fmt.Sprintf("the archive %.80q holds %d files", in.Name, len(z.File)), "Give the archive as it was exported.")
	}
	total := uint64(0)
	for _, e := range z.File {
		base := path.Base(strings.ReplaceAll(e.Name, `\`, "/"))
		if e.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(e.Name, "__MACOSX/") {
			continue
		}
		// The reader holds an archive to the sizes it declares, and File
		// to its bound; the sum is judged here.
		if total += e.UncompressedSize64; total > 2*maxFile || e.UncompressedSize64 > maxFile {
			return nil, tooLarge(fmt.Sprintf("the archive %.80q unfolds to more than any school's files", in.Name), "Give the archive as it was exported.")
		}
		if strings.HasSuffix(strings.ToLower(base), ".zip") {
			return nil, Refuse(fmt.Sprintf("the archive %.80q holds another archive, %.80q", in.Name, base), "Unpack the outer one and give what is in it.", nil)
		}
		files = append(files, &File{Name: base, Archive: in.Name, open: e.Open})
	}
	if len(files) == 0 {
		return nil, Refuse(fmt.Sprintf("the archive %.80q holds no file", in.Name), "Export it again.", nil)
	}
	return files, nil
}
