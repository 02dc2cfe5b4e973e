// Stands in for a module that parquet-go links for columns nobody here has.
module github.com/twpayne/go-geom

go 1.26
