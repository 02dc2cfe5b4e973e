package protocol

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"preau"
)

// ErrUTF8 is a text message that is not UTF-8: close with CloseNotUTF8.
var ErrUTF8 = errors.New("text is not UTF-8")

// Decode reads one message from a client. The error is ErrUTF8, or Invalid
// with a text that may be shown to the sender.
func Decode(data []byte) (Message, error) { return decode(data, inbound) }

// DecodeServer reads one message from the server, for clients. Kinds it does
// not know are (nil, nil): a newer server may say more.
func DecodeServer(data []byte) (Message, error) {
	m, err := decode(data, outbound)
	if errors.Is(err, errUnknownKind) {
		return nil, nil
	}
	return m, err
}

var errUnknownKind = errors.New("unknown kind")

func decode(data []byte, known map[Kind]speech) (Message, error) {
	if !utf8.Valid(data) {
		return nil, ErrUTF8
	}
	var head struct {
		T Kind `json:"t"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, preau.E(preau.Invalid, "the message is not a JSON object", "See docs/live-protocol.md.", err)
	}
	s, ok := known[head.T]
	if !ok {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("no message is called %.40q", head.T), "See docs/live-protocol.md.", errUnknownKind)
	}
	m := s.fresh()
	if err := json.Unmarshal(data, m); err != nil {
		return nil, preau.E(preau.Invalid, fmt.Sprintf("the fields of %q are not as expected", head.T), "See docs/live-protocol.md.", err)
	}
	if err := check(m); err != nil {
		return nil, err
	}
	return m, nil
}

// Encode gives a message's JSON, with its kind as the first field.
func Encode(m Message) ([]byte, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.kind(), err)
	}
	out := make([]byte, 0, len(body)+24)
	out = append(out, `{"t":"`...)
	out = append(out, m.kind()...)
	out = append(out, '"')
	if len(body) > 2 {
		out = append(out, ',')
	}
	return append(out, body[1:]...), nil
}

// EncodeWelcome is Encode for a welcome whose state is in JSON already; nil:
// it has none.
func EncodeWelcome(w *Welcome, state []byte) ([]byte, error) {
	text, err := Encode(w)
	if err != nil || state == nil {
		return text, err
	}
	out := make([]byte, 0, len(text)+len(state)+16)
	out = append(out, text[:len(text)-1]...)
	out = append(out, `,"state":`...)
	out = append(out, state...)
	return append(out, '}'), nil
}

// Frame wraps text into one unmasked websocket frame, the form in which a
// server sends it. Built once, its bytes are shared by every connection.
func Frame(text []byte) []byte {
	const finText = 0x80 | 0x1
	out := make([]byte, 0, len(text)+10)
	switch n := len(text); {
	case n < 126:
		out = append(out, finText, byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, finText, 126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, finText, 127), uint64(n))
	}
	return append(out, text...)
}
