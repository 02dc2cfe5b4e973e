package preau

// Progress is how far something long is: a fetch, a copy, a verification. What
// is not known is 0.
type Progress struct {
	Files     int     `json:"files"`
	FilesDone int     `json:"files_done"`
	Bytes     int64   `json:"bytes"`
	BytesDone int64   `json:"bytes_done"`
	Rate      float64 `json:"rate"`            // bytes a second
	ETA       float64 `json:"eta_s,omitempty"` // seconds still to go
}
