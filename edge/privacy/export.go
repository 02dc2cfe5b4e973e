package privacy

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"time"
)

// page is what a person reads; the JSON beside it holds everything.
var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="fr"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Données de {{.Name}}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap;background:#f4eee2;padding:1rem;border-radius:.6rem}</style>
<h1>Données gardées sur {{.Name}}</h1>
<p>{{.School}}. Fait le {{.Made}}. Ce dossier contient tout ce que la borne garde de cette personne (articles 15 et 20 du RGPD). Chaque partie est aussi un fichier JSON, lisible par un autre logiciel.</p>
<p>Ce que dit l’annuaire de l’établissement (date de naissance, INE) se demande à l’établissement : la borne ne le laisse pas sortir.</p>
{{range .Parts}}<h2>{{.Title}}</h2>{{if .Empty}}<p>Rien.</p>{{else}}<pre>{{.Text}}</pre>{{end}}{{end}}
</html>
`))

type partView struct {
	Title, Text string
	Empty       bool
}

// titles are the parts' names in French.
var titles = map[string]string{
	"identity": "Identité", "attendance": "Appels et absences", "progress": "Travail et réponses", "plans": "Préparations et sélection", "annotations": "Annotations",
	"cases": "Démarches", "questions": "Questions en classe", "statements": "Traces (xAPI)", "documents": "États des exercices", "sessions": "Connexions ouvertes",
}

func titleOf(name string) string {
	if t, ok := titles[name]; ok {
		return t
	}
	return name
}

// Export writes all that is kept of one person as an archive: a page to read
// and the data beside it. It is made for the person, and recorded nowhere.
func (p *Privacy) Export(ctx context.Context, pid string, w io.Writer) error {
	who, err := p.Directory.Person(ctx, pid)
	if err != nil {
		return err
	}
	school, err := p.Directory.School(ctx)
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	now := p.Clock.Now().In(p.Zone)
	add := func(name string, content []byte) error {
		f, err := out.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: now})
		if err == nil {
			_, err = f.Write(content)
		}
		if err != nil {
			return fmt.Errorf("write the archive: %w", err)
		}
		return nil
	}
	var views []partView
	for _, part := range append([]Part{{Name: "identity", Read: p.identity}}, p.Parts...) {
		if part.Read == nil {
			continue
		}
		v, err := part.Read(ctx, pid)
		if err != nil {
			return fmt.Errorf("read %s of a person: %w", part.Name, err)
		}
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return fmt.Errorf("encode %s of a person: %w", part.Name, err)
		}
		if err := add(part.Name+".json", b); err != nil {
			return err
		}
		text := string(b)
		views = append(views, partView{titleOf(part.Name), text, text == "null" || text == "[]" || text == "{}"})
	}
	f, err := out.CreateHeader(&zip.FileHeader{Name: "index.html", Method: zip.Deflate, Modified: now})
	if err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	err = page.Execute(f, map[string]any{"Name": who.Name(), "School": school.Name, "Made": now.Format("02/01/2006 à 15:04"), "Parts": views})
	if err != nil {
		return fmt.Errorf("write the archive's page: %w", err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	return nil
}

// identity is who they are here. Birth and INE stay in the directory's own
// tables: no function gives them out.
func (p *Privacy) identity(ctx context.Context, pid string) (any, error) {
	who, err := p.Directory.Person(ctx, pid)
	if err != nil {
		return nil, err
	}
	classes, err := p.Directory.ClassesOf(ctx, pid)
	if err != nil {
		return nil, err
	}
	guardians, err := p.Directory.GuardiansOf(ctx, pid)
	if err != nil {
		return nil, err
	}
	answer := struct {
		ID        string    `json:"id"`
		Given     string    `json:"given"`
		Family    string    `json:"family"`
		Roles     []string  `json:"roles"`
		Classes   []string  `json:"classes"`
		Guardians []string  `json:"guardians"`
		Left      time.Time `json:"left,omitzero"`
	}{ID: who.ID, Given: who.Given, Family: who.Family, Left: who.Closed}
	for _, r := range who.Roles {
		answer.Roles = append(answer.Roles, string(r))
	}
	for _, c := range classes {
		answer.Classes = append(answer.Classes, c.Name)
	}
	for _, g := range guardians {
		answer.Guardians = append(answer.Guardians, g.Name())
	}
	return answer, nil
}
