package web

import "net/http"

// Say is a text in the visitor's language, for handlers that compose one. A
// key that does not exist gives itself: a page is worth more than one word.
func (p *Pages) Say(r *http.Request, key string, args ...any) string {
	s, err := p.words.say(Language(r), key, args...)
	if err != nil {
		p.site.options.Log.Error("word missing", "key", key, "err", err)
		return key
	}
	return s
}
