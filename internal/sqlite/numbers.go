package sqlite

import (
	"fmt"
	"strconv"
	"strings"
)

// Numbers reads a query of one text of numbers (group_concat): one row costs
// less than many.
func (tx *Tx) Numbers(query string, args ...any) ([]int64, error) {
	var text *string
	if err := tx.QueryRow(query, args...).Scan(&text); err != nil {
		return nil, fmt.Errorf("read numbers: %w", err)
	}
	if text == nil {
		return nil, nil
	}
	list := make([]int64, 0, len(*text)/6+1)
	for field := range strings.SplitSeq(*text, ",") {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("read numbers: %w", err)
		}
		list = append(list, n)
	}
	return list, nil
}
