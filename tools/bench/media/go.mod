module preau/tools/bench/media

go 1.26.0

replace preau => ../../..

require (
	golang.org/x/time v0.16.0
	preau v0.0.0-00010101000000-000000000000
)

require golang.org/x/sys v0.49.0 // indirect
