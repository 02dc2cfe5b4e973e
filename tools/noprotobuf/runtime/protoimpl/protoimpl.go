// Package protoimpl is empty: parquet-go's own tests import it, and `go mod
// tidy` looks for it. See package proto.
package protoimpl
