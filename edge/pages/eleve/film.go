package eleve

import (
	"context"
	"slices"

	"preau/media/catalogue"
	"preau/media/catalogue/notice"
)

// film is what the player plays.
type film struct {
	Audio      bool // sound alone
	Sources    []source
	Subtitles  []source
	Described  *source // the sound with what is seen told in it
	Signed     *source // the film in sign language, beside the first
	Poster     string
	Transcript []line
}

type source struct {
	URL, Mime, Lang string
	Height          int // of the picture; 0: not said
}

const maxTranscript = 256 << 10

func (p *pupils) film(ctx context.Context, it catalogue.Item) film {
	f := film{Audio: it.Kind == notice.KindAudio}
	missing := map[string]bool{}
	for _, sum := range it.Missing {
		missing[sum] = true
	}
	var transcript, subtitles string
	for _, a := range it.Assets {
		if missing[a.SHA256] {
			continue // not here yet: no button that does nothing
		}
		s := source{blobURL(a), a.Mime, a.Lang, a.Height}
		switch a.Role {
		case notice.RoleMain, notice.RoleRendition:
			f.Sources = append(f.Sources, s)
		case notice.RoleSubtitles:
			f.Subtitles = append(f.Subtitles, s)
			subtitles = a.SHA256
		case notice.RoleAudioDesc:
			f.Described = &s
		case notice.RoleSignLanguage:
			f.Signed = &s
		case notice.RolePoster:
			f.Poster = s.URL
		case notice.RoleTranscript:
			transcript = a.SHA256
		}
	}
	// Finest first: a browser goes on to the next when the box refuses one
	// because the network is full, with our script or without.
	slices.SortStableFunc(f.Sources, func(a, b source) int { return b.Height - a.Height })
	f.Transcript = p.transcript(ctx, transcript, subtitles)
	return f
}

// transcript is the publisher's, or else what the subtitles say. A film
// without either still plays.
func (p *pupils) transcript(ctx context.Context, transcript, subtitles string) []line {
	read := func(sum string) string {
		if sum == "" || p.Text == nil {
			return ""
		}
		b, err := p.Text(ctx, sum, maxTranscript)
		if err != nil {
			p.Log.Warn("transcript not read", "sha256", sum, "err", err)
			return ""
		}
		return string(b)
	}
	if text := read(transcript); text != "" {
		return plainLines(text)
	}
	return cueLines(read(subtitles))
}
