package holidays

import "strings"

// academies gives each académie of the mainland its zone (arrêté du
// calendrier scolaire) and its départements, as the first digits of a UAI
// write them. Corsica and overseas have calendars of their own, which the
// recteur sets each year: those come by file.
var academies = []struct{ name, zone, departments string }{
	{"Besançon", "A", "025 039 070 090"}, {"Bordeaux", "A", "024 033 040 047 064"}, {"Clermont-Ferrand", "A", "003 015 043 063"},
	{"Dijon", "A", "021 058 071 089"}, {"Grenoble", "A", "007 026 038 073 074"}, {"Limoges", "A", "019 023 087"},
	{"Lyon", "A", "001 042 069"}, {"Poitiers", "A", "016 017 079 086"},
	{"Aix-Marseille", "B", "004 005 013 084"}, {"Amiens", "B", "002 060 080"}, {"Lille", "B", "059 062"},
	{"Nancy-Metz", "B", "054 055 057 088"}, {"Nantes", "B", "044 049 053 072 085"}, {"Nice", "B", "006 083"},
	{"Normandie", "B", "014 027 050 061 076"}, {"Orléans-Tours", "B", "018 028 036 037 041 045"}, {"Reims", "B", "008 010 051 052"},
	{"Rennes", "B", "022 029 035 056"}, {"Strasbourg", "B", "067 068"},
	{"Créteil", "C", "077 093 094"}, {"Montpellier", "C", "011 030 034 048 066"}, {"Paris", "C", "075"},
	{"Toulouse", "C", "009 012 031 032 046 065 081 082"}, {"Versailles", "C", "078 091 092 095"},
}

// AcademieOf gives the académie and the zone of a school, by the département
// that begins its UAI; nothing when it follows no zone.
func AcademieOf(uai string) (academie, zone string) {
	if len(uai) < 3 {
		return "", ""
	}
	for _, a := range academies {
		for department := range strings.FieldsSeq(a.departments) {
			if department == uai[:3] {
				return a.name, a.zone
			}
		}
	}
	return "", ""
}

// ZoneOf gives the zone of an académie, by its name.
func ZoneOf(academie string) string {
	for _, a := range academies {
		if strings.EqualFold(a.name, strings.TrimSpace(academie)) {
			return a.zone
		}
	}
	return ""
}

// moselle are the départements with two legal holidays more (code du travail
// L3134-13).
func moselle(uai string) bool {
	return len(uai) >= 3 && (uai[:3] == "057" || uai[:3] == "067" || uai[:3] == "068")
}
