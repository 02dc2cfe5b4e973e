// Stands in for a module that parquet-go links for rows nobody here writes.
module google.golang.org/protobuf

go 1.26
