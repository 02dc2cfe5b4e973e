// Package wkb refuses: see package geom.
package wkb

import (
	"encoding/binary"
	"errors"

	"github.com/twpayne/go-geom"
)

var errAbsent = errors.New("geography is not part of this build: write Parquet without it")

// NDR is the byte order that callers name.
var NDR = binary.LittleEndian

// Marshal refuses.
func Marshal(geom.T, binary.ByteOrder) ([]byte, error) { return nil, errAbsent }

// Unmarshal refuses.
func Unmarshal([]byte) (geom.T, error) { return nil, errAbsent }
