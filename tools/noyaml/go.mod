// Stands in for a module that minio-go links for a call nobody here makes.
module go.yaml.in/yaml/v3

go 1.26
