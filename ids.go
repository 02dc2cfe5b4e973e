package preau

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// ID is a UUID (RFC 9562), made by whoever sees a fact first. Its zero value
// means none.
type ID [16]byte

// NewID makes a version 7 UUID: its order is roughly that of time, which
// compresses well in the lake.
func NewID() ID {
	var id ID
	_, _ = rand.Read(id[:]) // never fails: crypto/rand aborts the process instead
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(time.Now().UnixMilli()))
	copy(id[:6], ms[2:])
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return id
}

// ParseID reads the 36-character text form, upper or lower case.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, E(Invalid, fmt.Sprintf("%.40q is not a UUID", s), "Send a UUID such as 0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9e.", nil)
	}
	if _, err := hex.Decode(id[:], []byte(strings.ReplaceAll(s, "-", ""))); err != nil {
		return ID{}, E(Invalid, fmt.Sprintf("%.40q is not a UUID", s), "Send a UUID such as 0190b2c4-6f7e-7a11-8c3d-2f5b6a7c8d9e.", err)
	}
	return id, nil
}

// String gives the 36-character lower-case form.
func (id ID) String() string {
	var b [36]byte
	hex.Encode(b[:8], id[:4])
	hex.Encode(b[9:13], id[4:6])
	hex.Encode(b[14:18], id[6:8])
	hex.Encode(b[19:23], id[8:10])
	hex.Encode(b[24:], id[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// IsZero reports whether id is unset.
func (id ID) IsZero() bool { return id == ID{} }

// MarshalText writes the text form, or nothing for the zero ID.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	v, err := ParseID(string(b))
	if err == nil {
		*id = v
	}
	return err
}

// UAI is a school's number in the national register (formerly RNE): seven
// digits and a check letter.
type UAI string

const uaiLetters = "ABCDEFGHJKLMNPRSTUVWXYZ"

// ParseUAI checks the form and the letter. Some exports drop the leading
// zero: seven-character codes are padded.
func ParseUAI(s string) (UAI, error) {
	code := strings.ToUpper(strings.TrimSpace(s))
	if len(code) == 7 {
		code = "0" + code
	}
	n := 0
	ok := len(code) == 8
	for i := 0; ok && i < 7; i++ {
		ok = code[i] >= '0' && code[i] <= '9'
		n = n*10 + int(code[i]-'0')
	}
	if !ok {
		return "", E(Invalid, fmt.Sprintf("%.20q is not a UAI", s), "Give the school's code: seven digits and a letter, such as 0750654D.", nil)
	}
	if want := uaiLetters[n%23]; code[7] != want {
		return "", E(Invalid, fmt.Sprintf("UAI %s has the wrong check letter", code),
			fmt.Sprintf("Its digits call for the letter %c (%s%c): check the code for a typing error.", want, code[:7], want), nil)
	}
	return UAI(code), nil
}
