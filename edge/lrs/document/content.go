package document

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // xAPI 1.0.3 asks for SHA-1 as ETag; it guards nothing
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	"preau"
)

// allow applies If-Match and If-None-Match (RFC 9110, 13.1) to the document
// as it stands.
func (m Match) allow(have *Document) error {
	switch {
	case m.IfMatch != "":
		if have == nil || !names(m.IfMatch, have.ETag) {
			return ErrPrecondition
		}
	case m.IfNoneMatch != "":
		if have != nil && names(m.IfNoneMatch, have.ETag) {
			return ErrPrecondition
		}
	case m.MustNew && have == nil:
		return preau.E(preau.Invalid, "the request says neither If-Match nor If-None-Match", "Send * as If-None-Match to make a new document.", nil)
	case m.Must && have != nil:
		return preau.E(preau.Conflict, "the document exists, and the request does not say which version it replaces",
			"Read it, then send its ETag as If-Match, or * as If-None-Match to make a new one.", nil)
	}
	return nil
}

// names reports whether a header's list of entity tags holds one.
func names(header, etag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == "*" || strings.Trim(one, `"`) == etag {
			return true
		}
	}
	return false
}

func tag(content []byte) string {
	sum := sha1.Sum(content) //nolint:gosec // see the import
	return hex.EncodeToString(sum[:])
}

func isJSON(kind string) bool {
	media, _, err := mime.ParseMediaType(kind)
	return err == nil && media == "application/json"
}

// object reads a JSON object's first level; nil when it is none.
func object(raw []byte) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if !bytes.HasPrefix(bytes.TrimLeft(raw, " \t\r\n"), []byte("{")) || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m
}

// merge writes the names of old in their order, with the values of with where
// it has them, then its new names in theirs.
func merge(old, with []byte) ([]byte, error) {
	values := object(with)
	var out bytes.Buffer
	out.WriteByte('{')
	written := map[string]bool{}
	for _, source := range [][]byte{old, with} {
		own := object(source)
		order, err := order(source)
		if err != nil {
			return nil, fmt.Errorf("read the names of a document: %w", err)
		}
		for _, name := range order {
			if written[name] {
				continue
			}
			written[name] = true
			value := own[name]
			if newer, ok := values[name]; ok {
				value = newer
			}
			if out.Len() > 1 {
				out.WriteByte(',')
			}
			key, err := json.Marshal(name)
			if err != nil {
				return nil, fmt.Errorf("encode a name: %w", err)
			}
			out.Write(key)
			out.WriteByte(':')
			out.Write(value)
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// order lists an object's names as they come.
func order(raw []byte) (names []string, err error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, errors.New("not a name")
		}
		names = append(names, name)
		var skip json.RawMessage
		if err := dec.Decode(&skip); err != nil {
			return nil, err
		}
	}
	return names, nil
}
