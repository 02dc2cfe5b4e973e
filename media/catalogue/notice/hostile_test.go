package notice_test

import (
	"fmt"
	"strings"
	"testing"

	"preau"
	"preau/media/catalogue/notice"
)

// TestParsePack_Hostile: packs as a publisher that was taken over might sign
// them. A box names its files by their hashes, so that no path of a pack is
// ever one of the disk; a path that could mean something else is refused all
// the same, with what to tell the publisher.
func TestParsePack_Hostile(t *testing.T) {
	file := func(path string) string {
		return fmt.Sprintf(`{"role":"file","mime":"text/css","path":%q,"sha256":%q,"size":1}`, path, sum)
	}
	pack := func(files ...string) string {
		return `{"format":1,"slug":"s","version":1,"items":[{"id":"ark:/99999/a","kind":"app","title":"A","lang":"fr","service":"s","publisher":"p","licence":"CC0-1.0",
		"rights":{"display":"all","download":"all"},"assets":[{"role":"main","mime":"text/html","path":"index.html","sha256":"` + sum + `","size":0},` + strings.Join(files, ",") + `]}]}`
	}
	many := func(n int) []string {
		files := make([]string, n)
		for i := range files {
			files[i] = file(fmt.Sprintf("f/%d.css", i))
		}
		return files
	}
	if _, err := notice.ParsePack([]byte(pack(file("css/a.css")))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"path traversal":                             pack(file("../../../etc/passwd")),
		"traversal in the middle":                    pack(file("css/../../x.css")),
		"an absolute path":                           pack(file("/etc/cron.d/x")),
		"a path of Windows":                          pack(file(`css\..\..\x`)),
		"an empty step":                              pack(file("css//x")),
		"a control character":                        pack(file("css/\x00x")),
		"names that differ by capitals only":         pack(file("css/Style.css"), file("css/style.css")),
		"names that differ by how accents are coded": pack(file("css/\u00e9.css"), file("css/e\u0301.css")),
		"one name twice":                             pack(file("a.css"), file("a.css")),
		"a million entries":                          pack(strings.Repeat(file("a.css")+",", 999_999) + file("a.css")),
		"30 000 entries":                             pack(many(30_000)...),
		"a file of 2^63":                             strings.Replace(pack(file("a.css")), `"size":1`, `"size":9223372036854775807`, 1),
		"a negative size":                            strings.Replace(pack(file("a.css")), `"size":1`, `"size":-1`, 1),
		"depth without end":                          strings.Repeat(`{"items":[`, 200_000),
		"a title of 20 MB":                           strings.Replace(pack(file("a.css")), `"title":"A"`, `"title":"`+strings.Repeat("A", 20<<20)+`"`, 1),
		"a script as a name":                         strings.Replace(pack(file("a.css")), `"service":"s"`, `"service":"<script>"`, 1),
	} {
		_, err := notice.ParsePack([]byte(text))
		if err == nil || preau.RemedyOf(err) == "" || preau.KindOf(err) == preau.Internal {
			t.Errorf("%s: %.200v, want a refusal with a remedy", name, err)
		}
	}
}
