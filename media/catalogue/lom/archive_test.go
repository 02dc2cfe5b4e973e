package lom_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"

	"preau"
	"preau/media/catalogue/lom"
)

// zipOf makes a ZIP; change sees the header of each file first.
func zipOf(t testing.TB, change func(*zip.FileHeader), files ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(files); i += 2 {
		h := &zip.FileHeader{Name: files[i], Method: zip.Deflate}
		if change != nil {
			change(h)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(f, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func unpacked(b []byte) (names []string, err error) {
	err = lom.Archive(bytes.NewReader(b), int64(len(b)), func(name string, _ []byte) error {
		names = append(names, name)
		return nil
	})
	return names, err
}

func TestArchive_GivesTheNotices(t *testing.T) {
	good := sample(t)
	names, err := unpacked(zipOf(t, nil, "un.xml", good, "sub/deux.XML", good, "sub/lisez-moi.txt", "…"))
	if err != nil || strings.Join(names, " ") != "un.xml sub/deux.XML" {
		t.Error(names, err)
	}
	stop := errors.New("stop")
	b := zipOf(t, nil, "un.xml", good)
	if err := lom.Archive(bytes.NewReader(b), int64(len(b)), func(string, []byte) error { return stop }); !errors.Is(err, stop) {
		t.Error(err)
	}
}

func TestArchive_Refuses(t *testing.T) {
	good := sample(t)
	whole := zipOf(t, nil, "un.xml", good)
	broken := bytes.Clone(whole)
	broken[60] ^= 0xff // in what is packed
	var swelling []string
	for i := range 40 {
		swelling = append(swelling, strings.Repeat("a", i+1)+".xml", strings.Repeat(" ", lom.MaxBytes-1))
	}
	for name, test := range map[string]struct {
		zip  []byte
		kind preau.Kind
	}{
		"a way out":      {zipOf(t, nil, "../un.xml", good), preau.Invalid},
		"a hidden one":   {zipOf(t, nil, "a/../../un.xml", good), preau.Invalid},
		"a root":         {zipOf(t, nil, "/un.xml", good), preau.Invalid},
		"a backslash":    {zipOf(t, nil, `..\un.xml`, good), preau.Invalid},
		"a link":         {zipOf(t, func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }, "un.xml", "/etc/passwd"), preau.Invalid},
		"a password":     {zipOf(t, func(h *zip.FileHeader) { h.Flags |= 1 }, "un.xml", good), preau.Invalid},
		"twice the same": {zipOf(t, nil, "un.xml", good, "un.xml", good), preau.Invalid},
		"a long notice":  {zipOf(t, nil, "un.xml", strings.Repeat(" ", lom.MaxBytes+1)), preau.TooLarge},
		"a bomb":         {zipOf(t, nil, swelling...), preau.TooLarge},
		"cut short":      {whole[:len(whole)-30], preau.Corrupt},
		"altered":        {broken, preau.Corrupt},
	} {
		if _, err := unpacked(test.zip); preau.KindOf(err) != test.kind || preau.RemedyOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := lom.Archive(bytes.NewReader(nil), lom.MaxArchive+1, nil); preau.KindOf(err) != preau.TooLarge {
		t.Error(err)
	}
}

func FuzzArchive(f *testing.F) {
	f.Add(zipOf(f, nil, "un.xml", "<lom/>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := lom.Archive(bytes.NewReader(b), int64(len(b)), func(_ string, b []byte) error {
			if len(b) > lom.MaxBytes {
				t.Fatal("a notice over the limit")
			}
			return nil
		})
		if err != nil && preau.RemedyOf(err) == "" {
			t.Fatal(err)
		}
	})
}
