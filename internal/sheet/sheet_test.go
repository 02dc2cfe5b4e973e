package sheet_test

import (
	"strings"
	"testing"

	"preau/internal/sheet"
)

func TestCell_NoFormula(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "-2": "-2", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", " =1": "' =1",
		"\t=1": "'\t=1", "Lou": "Lou", "12,5": "12,5", "": "", "+33": "+33", "-": "'-", "\u00a0=1": "'\u00a0=1",
	} {
		if got := sheet.Cell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestWrite(t *testing.T) {
	var b strings.Builder
	if err := sheet.Write(&b, [][]string{{"Nom", "Note"}, {"Zoé; \"x\"", "=A1"}}); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeffNom;Note\r\n\"Zoé; \"\"x\"\"\";'=A1\r\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}
