package main

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"sync"
)

// plainLog is the peer: append-only, length and CRC-32C a row, one fsync for
// all rows that wait. It does nothing else: no index, no transaction.
type plainLog struct {
	f    *os.File
	jobs chan *logJob
	wg   sync.WaitGroup
}

type logJob struct {
	row  []byte
	done chan error
}

func openLog(path string) (*plainLog, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("create log: %w", err)
	}
	l := &plainLog{f: f, jobs: make(chan *logJob, writers)}
	l.wg.Go(l.run)
	return l, nil
}

func (l *plainLog) append(row []byte) error {
	j := &logJob{row, make(chan error, 1)}
	l.jobs <- j
	return <-j.done
}

func (l *plainLog) close() {
	close(l.jobs)
	l.wg.Wait()
	l.f.Close()
}

func (l *plainLog) run() {
	table := crc32.MakeTable(crc32.Castagnoli)
	var buf []byte
	for j := range l.jobs {
		group := []*logJob{j}
	gather:
		for {
			select {
			case more, ok := <-l.jobs:
				if !ok {
					break gather
				}
				group = append(group, more)
			default:
				break gather
			}
		}
		buf = buf[:0]
		for _, g := range group {
			buf = binary.LittleEndian.AppendUint32(buf, uint32(len(g.row)))
			buf = binary.LittleEndian.AppendUint32(buf, crc32.Checksum(g.row, table))
			buf = append(buf, g.row...)
		}
		_, err := l.f.Write(buf)
		if err == nil {
			err = l.f.Sync()
		}
		for _, g := range group {
			g.done <- err
		}
	}
}
