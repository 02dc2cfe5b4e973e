package jsontree_test

import (
	"encoding/json"
	"strings"
	"testing"

	"preau"
	"preau/internal/jsontree"
)

func TestDecode_KeepsOrderAndDigits(t *testing.T) {
	for _, text := range []string{`{"b":1.10,"a":[true,false,null,-0,1e-7],"é\n\u0001\"":"a\\/"}`, `[]`, `{}`, `""`, `-1.5E+3`} {
		v, err := jsontree.Decode([]byte(" " + text + "\n"))
		if err != nil || string(v.Bytes()) != text {
			t.Errorf("%s: %v %s", text, err, v.Bytes())
		}
	}
}

func TestDecode_Refuses(t *testing.T) {
	for _, text := range []string{"", "{", `{"a":1,"a":2}`, `{"a" 1}`, `{"a":1,}`, `[1,]`, "01", "1.", "-", "1e", ".5", "tru", `"a`, "\"\x01\"", `"\q"`, "1 2", "\"\xff\"", strings.Repeat("[", 5000)} {
		if _, err := jsontree.Decode([]byte(text)); err == nil || preau.KindOf(err) != preau.Invalid {
			t.Errorf("%q: %v", text, err)
		}
	}
	many := `{"k0":0`
	for i := 1; i < 40; i++ {
		many += `,"k` + strings.Repeat("x", i) + `":0`
	}
	if _, err := jsontree.Decode([]byte(many + `,"kx":1}`)); err == nil {
		t.Error("a key twice among many is taken")
	}
}

func TestSame(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":2}`, `{"b":2.0,"a":10e-1}`, true}, {`[1,2]`, `[2,1]`, false}, {`0`, `-0.0`, true}, {`1`, `-1`, false},
		{`1e1000000000000`, `1e1000000000000`, true}, {`100`, `1e2`, true}, {`"1"`, `1`, false}, {`{"a":1}`, `{"b":1}`, false}, {`0.001`, `1e-3`, true},
	} {
		a, _ := jsontree.Decode([]byte(tt.a))
		b, _ := jsontree.Decode([]byte(tt.b))
		if jsontree.Same(a, b) != tt.want {
			t.Errorf("%s and %s: not %v", tt.a, tt.b, tt.want)
		}
	}
}

// FuzzDecode: what is taken is JSON to the standard library too, and comes
// out meaning the same.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{"a":[1,"\u00e9",null]}`, `1e5`, `"\ud83d\ude00"`, `{"a":{"a":{}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		v, err := jsontree.Decode(raw)
		if err != nil {
			return
		}
		if !json.Valid(raw) || !json.Valid(v.Bytes()) {
			t.Fatalf("taken, but not JSON: %q", raw)
		}
		again, err := jsontree.Decode(v.Bytes())
		if err != nil || !jsontree.Same(v, again) {
			t.Fatalf("%v: %q became %q", err, raw, v.Bytes())
		}
	})
}
