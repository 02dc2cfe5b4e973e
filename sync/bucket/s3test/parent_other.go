//go:build !linux

package s3test

import "os/exec"

// endWithParent has no equivalent here: Stop ends the server.
func endWithParent(*exec.Cmd) {}
