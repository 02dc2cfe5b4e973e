// Stands in for a module that parquet-go links for a codec nobody here uses.
module github.com/andybalholm/brotli

go 1.26
