package refresh

import (
	"fmt"
	"time"

	"preau"
	"preau/sync/budget"
)

// Progress is how far what is on its way has come.
type Progress struct {
	Files     int     `json:"files"`
	FilesDone int     `json:"files_done"`
	Bytes     int64   `json:"bytes"`
	BytesDone int64   `json:"bytes_done"`
	Rate      float64 `json:"bytes_per_second"`
	Left      float64 `json:"seconds_left,omitempty"` // at this rate; 0: not known
}

func (r *Refresher) report(p preau.Progress) {
	far := &Progress{Files: p.Files, FilesDone: p.FilesDone, Bytes: p.Bytes, BytesDone: p.BytesDone, Rate: p.Rate}
	if p.Rate > 0 {
		far.Left = (time.Duration(float64(p.Bytes-p.BytesDone) / p.Rate * float64(time.Second))).Round(time.Second).Seconds()
	}
	r.far.Store(far)
	if r.Report != nil {
		r.Report(p)
	}
}

// Progress is what is on its way; nil: nothing is.
func (r *Refresher) Progress() *Progress { return r.far.Load() }

// Tries counts the refreshes that ended, well or not.
func (r *Refresher) Tries() uint64 { return r.tries.Load() }

// Sentence says it to people.
func (p Progress) Sentence(lang string) string {
	words := "%d fichiers sur %d · %s sur %s · %s"
	left := " · encore %v"
	if lang == "en" {
		words, left = "%d of %d files · %s of %s · %s", " · %v left"
	}
	text := fmt.Sprintf(words, p.FilesDone, p.Files, budget.Size(p.BytesDone, lang), budget.Size(p.Bytes, lang), budget.Rate(int64(p.Rate)))
	if p.Left > 0 {
		text += fmt.Sprintf(left, time.Duration(p.Left*float64(time.Second)))
	}
	return text
}
