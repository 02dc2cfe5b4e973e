package client

import (
	"slices"

	"preau/edge/live/protocol"
)

// onScreen keeps the layers of what is shown. What was handed out before is
// never altered, here nor below.
func onScreen(st *protocol.State) (kept []protocol.Layer) {
	for _, l := range st.Ink {
		if st.Boards != nil && st.Boards.Launch == l.Launch || st.Pupils != nil && st.Pupils.Launch == l.Launch {
			kept = append(kept, l)
		}
	}
	return kept
}

// inked adds what was drawn to its layer.
func inked(layers []protocol.Layer, m *protocol.Inked) []protocol.Layer {
	layers = slices.Clone(layers)
	at := slices.IndexFunc(layers, func(l protocol.Layer) bool { return l.Launch == m.Launch && l.Page == m.Page && l.To == m.To })
	if at < 0 {
		at = len(layers)
		layers = append(layers, protocol.Layer{Launch: m.Launch, Page: m.Page, To: m.To})
	}
	strokes := slices.Clone(layers[at].Strokes)
	for _, s := range m.Strokes {
		switch i := slices.IndexFunc(strokes, func(have protocol.Stroke) bool { return have.ID == s.ID }); {
		case i < 0 && !m.More:
			strokes = append(strokes, s)
		case i >= 0 && m.More:
			strokes[i].Points = slices.Concat(strokes[i].Points, s.Points)
		case i >= 0:
			strokes[i] = s
		}
	}
	layers[at].Strokes = strokes
	return layers
}

// rubbed takes away what was rubbed out.
func rubbed(layers []protocol.Layer, m *protocol.Rubbed) (left []protocol.Layer) {
	for _, l := range layers {
		if l.Launch == m.Launch && l.Page == m.Page {
			l.Strokes = slices.DeleteFunc(slices.Clone(l.Strokes), func(s protocol.Stroke) bool { return m.IDs == nil || slices.Contains(m.IDs, s.ID) })
		}
		if len(l.Strokes) > 0 {
			left = append(left, l)
		}
	}
	return left
}
