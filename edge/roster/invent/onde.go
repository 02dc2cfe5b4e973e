package invent

import (
	"strings"

	"preau/edge/roster/source"
)

// ONDE is the first degree's set of CSV: pupils, teachers, responsible
// persons, as Base élèves wrote it before (old) or as ONDE does.
func (s *School) ONDE(old bool) []source.Input {
	return []source.Input{
		{Name: "CSVExtraction.csv", Data: latin9(table(';', s.ondePupils(old)))},
		{Name: "CSVExtractionEnseignants.csv", Data: latin9(table(';', s.ondeStaff()))},
		{Name: "CSVExtractionResponsables.csv", Data: latin9(table(';', s.ondeAdults()))},
	}
}

func (s *School) ondePupils(old bool) [][]string {
	rows := [][]string{strings.Split("Nom élève;Nom d'usage élève;Prénom élève;Date naissance;Sexe;INE;Adresse1;Cycle;Niveau;Libellé classe;Identifiant classe;Regroupement(s);Etat", ";")}
	if old {
		rows = [][]string{strings.Split("Nom Elève;Nom d'usage Elève;Prénom Elève;Date naissance;Sexe;Adresse1;Cp1;Commune1;Pays1; Cycle;Niveau;Classe;Attestation fournie;Autorisations photos;Décision de passage", ";")}
	}
	for _, p := range s.Pupils {
		sex := "M"
		if p.Girl {
			sex = "F"
		}
		c := s.class(p.Class)
		cycle := "CYCLE II"
		if strings.HasPrefix(c.LevelName, "CM") {
			cycle = "CYCLE III"
		}
		if old {
			rows = append(rows, []string{upper(p.Family), "", p.Given, frenchDate(p.Birth), sex, "", "", "", "", cycle, c.LevelName, c.Code, "oui", "non", ""})
		} else {
			rows = append(rows, []string{upper(p.Family), "", p.Given, frenchDate(p.Birth), sex, p.INE, "", cycle, c.LevelName, c.Code, "1", "", "Inscrit"})
		}
	}
	return rows
}

func (s *School) ondeStaff() [][]string {
	rows := [][]string{strings.Split("Civilité;Nom usage;Nom;Prénom;Adresse;CP;Commune;Pays;Courriel;Téléphone domicile;Téléphone portable;Directeur;Classe", ";")}
	for _, t := range s.Staff {
		head := "non"
		if t.Function == "DIR" {
			head = "oui"
		}
		rows = append(rows, []string{t.Title, "", upper(t.Family), t.Given, "", "", "", "", "", "", "", head, t.Main})
	}
	return rows
}

func (s *School) ondeAdults() [][]string {
	header := strings.Split("Civilité Responsable;Nom usage responsable;Nom responsable;Prénom responsable;Adresse responsable;CP responsable;Commune responsable;Pays;Courriel;Téléphone domicile;Téléphone travail;Numéro de poste;Téléphone portable", ";")
	children := map[int][]Pupil{}
	most := 0
	for _, p := range s.Pupils {
		for _, a := range p.Adults {
			children[a] = append(children[a], p)
			most = max(most, len(children[a]))
		}
	}
	for range most {
		header = append(header, "Nom d'usage enfant", "Nom de famille enfant", "Prénom enfant", "Classes enfants")
	}
	rows := [][]string{header}
	for i, a := range s.Adults {
		if len(children[i]) == 0 {
			continue
		}
		row := []string{a.Title, "", upper(a.Family), a.Given, "", "", "", "", "", "", "", "", a.Phone}
		for _, p := range children[i] {
			row = append(row, "", upper(p.Family), p.Given, p.Class)
		}
		rows = append(rows, append(row, make([]string, len(header)-len(row))...))
	}
	return rows
}
