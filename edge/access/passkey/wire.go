package passkey

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// text is bytes as WebAuthn's JSON writes them.
type text []byte

// MarshalText writes base64url without padding.
func (t text) MarshalText() ([]byte, error) { return base64.RawURLEncoding.AppendEncode(nil, t), nil }

// UnmarshalText reads it.
func (t *text) UnmarshalText(b []byte) (err error) {
	*t, err = base64.RawURLEncoding.AppendDecode(nil, b)
	return err
}

// Offer is what a browser is asked to make, for navigator.credentials.create.
type Offer struct {
	PublicKey struct {
		RP struct {
			Name string `json:"name"`
			ID   string `json:"id"`
		} `json:"rp"`
		User struct {
			Name        string `json:"name"`
			DisplayName string `json:"displayName"`
			ID          text   `json:"id"`
		} `json:"user"`
		Challenge  text        `json:"challenge"`
		Algorithms []algorithm `json:"pubKeyCredParams"`
		Timeout    int64       `json:"timeout"`
		Exclude    []known     `json:"excludeCredentials,omitempty"`
		Selection  struct {
			Resident         string `json:"residentKey"`
			RequireResident  bool   `json:"requireResidentKey"`
			UserVerification string `json:"userVerification"`
		} `json:"authenticatorSelection"`
		Attestation string `json:"attestation"`
	} `json:"publicKey"`
}

// Ask is what a browser is asked to sign, for navigator.credentials.get.
type Ask struct {
	PublicKey struct {
		Challenge        text   `json:"challenge"`
		Timeout          int64  `json:"timeout"`
		Host             string `json:"rpId"`
		UserVerification string `json:"userVerification"`
	} `json:"publicKey"`
}

type algorithm struct {
	Type string `json:"type"`
	Alg  int    `json:"alg"`
}

type known struct {
	Type string `json:"type"`
	ID   text   `json:"id"`
}

const (
	kind     = "public-key"
	required = "required"
)

// answer is what came back of either.
type answer struct {
	ID       text   `json:"id"`
	RawID    text   `json:"rawId"`
	Type     string `json:"type"`
	Response struct {
		Client      text `json:"clientDataJSON"`
		Attestation text `json:"attestationObject"`
		Data        text `json:"authenticatorData"`
		Signature   text `json:"signature"`
		Handle      text `json:"userHandle"`
	} `json:"response"`
	client client
}

// client is what the browser says of itself; the authenticator signs its hash.
type client struct {
	Type        string `json:"type"`
	Challenge   string `json:"challenge"`
	Origin      string `json:"origin"`
	CrossOrigin bool   `json:"crossOrigin"`
	TopOrigin   string `json:"topOrigin"`
}

func readAnswer(body []byte) (a answer, err error) {
	if err := json.Unmarshal(body, &a); err != nil {
		return a, fmt.Errorf("read a credential: %w", err)
	}
	if a.Type != kind || len(a.ID) == 0 || len(a.ID) > maxID || !bytes.Equal(a.ID, a.RawID) {
		return a, fmt.Errorf("a credential of type %.20q, whose ids are %d and %d bytes", a.Type, len(a.ID), len(a.RawID))
	}
	if err := json.Unmarshal(a.Response.Client, &a.client); err != nil {
		return a, fmt.Errorf("read the client's data: %w", err)
	}
	return a, nil
}

// of checks that the browser did what it was asked, on a page of at: WebAuthn
// §7.1 steps 7 to 12, §7.2 steps 10 to 14. The challenge is spent by the caller.
func (c client) of(ceremony string, at Site) error {
	switch {
	case c.Type != ceremony:
		return fmt.Errorf("the ceremony is %.40q", c.Type)
	case c.Origin != at.Origin:
		return fmt.Errorf("the origin is %.200q", c.Origin)
	case c.CrossOrigin || c.TopOrigin != "":
		return fmt.Errorf("the page was inside another's")
	}
	return nil
}
