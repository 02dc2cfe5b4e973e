package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// usage is what a process and its children cost.
type usage struct {
	cpu  float64 // seconds since their start
	peak float64 // resident MiB, the peaks added up
}

const ticks = 100 // a second: USER_HZ, the same on every Linux

func (s *server) usage() (usage, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return usage{}, fmt.Errorf("list processes: %w", err)
	}
	var u usage
	root := s.cmd.Process.Pid
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		// The name, in parentheses, may hold anything: count from its end.
		text := string(b)
		fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
		pid := filepath.Base(filepath.Dir(path))
		if pid != strconv.Itoa(root) && fields[1] != strconv.Itoa(root) {
			continue
		}
		for _, field := range fields[11:13] { // utime, stime
			n, err := strconv.ParseFloat(field, 64)
			if err != nil {
				return usage{}, fmt.Errorf("read %s: %w", path, err)
			}
			u.cpu += n / ticks
		}
		status, err := os.ReadFile("/proc/" + pid + "/status")
		if err != nil {
			continue
		}
		_, after, _ := strings.Cut(string(status), "VmHWM:")
		if words := strings.Fields(after); len(words) > 0 {
			kib, err := strconv.ParseFloat(words[0], 64)
			if err != nil {
				return usage{}, fmt.Errorf("read the memory of %s: %w", pid, err)
			}
			u.peak += kib / 1024
		}
	}
	return u, nil
}
