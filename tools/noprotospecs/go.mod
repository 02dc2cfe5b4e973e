// Stands in for a module of which sigstore's signers use two lists of numbers.
module github.com/sigstore/protobuf-specs

go 1.26
