package express

import (
	"errors"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// newPlain sends by the kernel where it can: over TCP.
func newPlain(nc net.Conn) wire {
	if sc, ok := nc.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			p := &kernelWire{nc: nc, raw: raw}
			p.step = p.push
			return p
		}
	}
	return &copyWire{nc}
}

// kernelWire gives the kernel the head and the file's place: no byte of it
// passes through the process, and the head waits for the first of them.
type kernelWire struct {
	nc   net.Conn
	raw  syscall.RawConn
	step func(fd uintptr) bool

	// The answer under way.
	head, mem []byte
	file      int
	off, left int64
	err       error
	answer    *Answer
	teller
}

func (w *kernelWire) send(a *Answer) error {
	w.answer, w.head, w.mem, w.off, w.left, w.err = a, a.Head, a.Mem, a.Off, a.Len, nil
	if a.File != nil {
		w.file = int(a.File.Fd())
	}
	err := w.raw.Write(w.step)
	w.answer, w.head, w.mem = nil, nil, nil
	return errors.Join(err, w.err)
}

// push sends what the socket takes now, and reports whether that was all.
func (w *kernelWire) push(fd uintptr) bool {
	total := func() (Progress, bool) { return progressAt(fd) }
	w.tell(w.answer, false, total)
	for {
		var n int
		var err error
		switch {
		case len(w.head) > 0 && len(w.mem) > 0:
			n, err = unix.Writev(int(fd), [][]byte{w.head, w.mem})
			k := min(max(n, 0), len(w.head))
			w.head, w.mem = w.head[k:], w.mem[max(n, 0)-k:]
		case len(w.head) > 0:
			flags := unix.MSG_NOSIGNAL
			if w.left > 0 {
				flags |= unix.MSG_MORE
			}
			n, err = unix.SendmsgN(int(fd), w.head, nil, nil, flags)
			w.head = w.head[max(n, 0):]
		case len(w.mem) > 0:
			n, err = unix.Write(int(fd), w.mem)
			w.mem = w.mem[max(n, 0):]
		case w.left > 0:
			n, err = unix.Sendfile(int(fd), w.file, &w.off, int(min(w.left, span)))
			w.left -= int64(max(n, 0))
			if n == 0 && err == nil {
				err = ErrShort
			}
		default:
			w.tell(w.answer, true, total)
			return true
		}
		switch {
		case errors.Is(err, unix.EAGAIN):
			return false
		case err != nil && !errors.Is(err, unix.EINTR):
			w.err = err
			return true
		}
	}
}

// span is the most that one call sends.
const span = 4 << 20

// progressOf asks the kernel how a connection has fared since its beginning.
func progressOf(nc net.Conn) (p Progress, ok bool) {
	sc, isSocket := nc.(syscall.Conn)
	if !isSocket {
		return p, false
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return p, false
	}
	err = raw.Control(func(fd uintptr) { p, ok = progressAt(fd) })
	return p, ok && err == nil
}

func progressAt(fd uintptr) (Progress, bool) {
	info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return Progress{}, false
	}
	return Progress{int64(info.Bytes_acked), time.Duration(info.Busy_time-info.Rwnd_limited) * time.Microsecond}, true
}
