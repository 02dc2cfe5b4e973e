// Package enrol gives a box its identity and its configuration. It promises
// that the box's keys are made on the box and never leave it, that a token
// opens one enrolment, that applying a bundle leaves a box whole or
// unchanged, and that a run cut short can be run again. It refuses to enrol
// a box twice.
package enrol

import (
	"preau"
	"preau/sync/budget"
)

// Config is DATA/config.json: what the box is told about its school and its
// correspondents. Secrets are not in it.
type Config struct {
	UAI       preau.UAI `json:"uai"`
	School    string    `json:"school"`
	Academie  string    `json:"academie"`  // slug
	Zone      string    `json:"zone"`      // holidays: A, B or C
	Authority string    `json:"authority"` // slug
	Box       string    `json:"box"`       // slug, unique in its school
	Names     []string  `json:"names,omitempty"`
	Accent    string    `json:"accent,omitempty"` // the collectivité's colour, #rrggbb

	Catalogue Catalogue `json:"catalogue"`
	Store     Store     `json:"store"`
	Sisters   Sisters   `json:"sisters,omitzero"`
	Line      Line      `json:"line,omitzero"`
	// Link is what the school's own network carries to its tablets, in Mbit/s;
	// 0: the box sees for itself.
	Link int64 `json:"link_mbit,omitempty"`
	// Pace is how long a stream's records may wait, such as {"learning": "5m"};
	// streams without one have the default.
	Pace map[string]string `json:"pace,omitempty"`
	// Recipients are who may read named records, by stream: age public keys.
	Recipients map[string][]string `json:"recipients,omitempty"`
}

// Catalogue is where the national catalogue is published.
type Catalogue struct {
	URL string `json:"url,omitempty"`
}

// Store is where records are delivered.
type Store struct {
	URL    string `json:"url,omitempty"` // http(s)://host/bucket
	Region string `json:"region,omitempty"`
}

// Budget reads how the line may be used.
func (c Config) Budget() (budget.Policy, error) {
	l := c.Line
	return budget.Parse(budget.Words{When: l.When, Rate: l.Rate, Busy: l.Busy, Month: l.Month, LAN: c.Sisters.Rate, Night: l.Night, First: l.First})
}

// Credentials are the store's, in DATA/identity/store.json.
type Credentials struct {
	AccessKey string `json:"access_key"`
	SecretKey string `json:"secret_key"`
}

// Sisters are the authority's other boxes on the school's network.
type Sisters struct {
	Off    bool     `json:"off,omitempty"`    // neither given nor taken
	Listen string   `json:"listen,omitempty"` // where they are served; empty: :8446
	Peers  []string `json:"peers,omitempty"`  // host:port of boxes that mDNS does not reach
	Rate   string   `json:"rate,omitempty"`   // most that they give and take; empty: 20 Mbit/s
}

// Line is how the school's line to the Internet may be used. sync/budget
// reads its words.
type Line struct {
	When  string `json:"when,omitempty"`  // always (the default), closed: outside lessons, night
	Night string `json:"night,omitempty"` // 20:00-06:00
	Rate  string `json:"rate,omitempty"`  // 4 Mbit/s at most
	Busy  string `json:"busy,omitempty"`  // at most while a class uses the box; empty: 256 kbit/s; 0: nothing
	Month string `json:"month,omitempty"` // 50 GB
	First string `json:"first,omitempty"` // an empty box fills at once (now, the default) or waits
	Proxy string `json:"proxy,omitempty"` // http://host:port; its password in identity/proxy.json
}
