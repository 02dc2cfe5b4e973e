package codec

import (
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"preau"
)

// legacy starts a row that migration 03 wrote in SQL from the columns of the
// first layout: numbers in decimal and texts in hexadecimal, between bars.
const legacy = 'L'

func legacyRow(b []byte, st *preau.Statement) error {
	parts := strings.Split(string(b), "|")
	if len(parts) != 12 {
		return damaged("a journal row of the first layout")
	}
	var numbers [3]int64
	for i := range numbers {
		n, err := strconv.ParseInt(parts[i], 10, 64)
		if err != nil {
			return damaged("a journal row of the first layout")
		}
		numbers[i] = n
	}
	var texts [9][]byte
	for i := range texts {
		text, err := hex.DecodeString(parts[3+i])
		if err != nil {
			return damaged("a journal row of the first layout")
		}
		texts[i] = text
	}
	if len(texts[1]) != 0 && len(texts[1]) != len(st.Voids) {
		return damaged("a journal row of the first layout")
	}
	st.HLC, st.Stored, st.Timestamp = uint64(numbers[0]), time.UnixMilli(numbers[1]).UTC(), time.UnixMilli(numbers[2]).UTC()
	st.ClockState, st.Voids = preau.ClockState(texts[0]), preau.ID{}
	copy(st.Voids[:], texts[1])
	st.Actor, st.Verb, st.Object, st.ObjectKind = string(texts[2]), string(texts[3]), string(texts[4]), string(texts[5])
	st.Result, st.Context, st.Raw = some(texts[6]), some(texts[7]), some(texts[8])
	return nil
}

func some(b []byte) json.RawMessage {
	if len(b) == 0 {
		return nil
	}
	return b
}
