package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"

	"preau/media/blob"
)

// small is a picture of 64 KiB asked for by wrk over 30 connections.
type small struct {
	row
	name   string
	secure bool
	kiwix  bool // the peer, out of a ZIM; else nginx
}

var smalls = []small{
	{row{"", "req/s", nil, 0.8, true, false}, "media/small-http", false, false},
	{row{"", "req/s", nil, 0.8, true, false}, "media/small-https", true, false},
	{row{"", "req/s", nil, 5, true, false}, "media/small-kiwix", false, true},
}

const (
	smallSize   = 64 << 10
	smallRounds = 5
)

func chooseSmall(only *regexp.Regexp) (chosen []small) {
	for _, s := range smalls {
		if only.MatchString(s.name) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// run measures both in turn and prints.
func (s small) run(dir, nginx string) error {
	tool, err := find("wrk", "wrk", "-v", `wrk [^ ]+`)
	if err != nil {
		return err
	}
	picture := make([]byte, smallSize)
	rand.NewChaCha8([32]byte{1}).Read(picture)
	f, err := storePicture(dir, picture)
	if err != nil {
		return err
	}
	start, who := startNginx, nginx
	if s.kiwix {
		if who, err = makeZIM(dir, picture); err != nil {
			return err
		}
		start = startKiwix
	}
	var ours, peer, ratios []float64
	for round := range smallRounds {
		var pair [2]float64
		for i := range 2 {
			which := (round + i) % 2
			begin := startOurs
			if which == 1 {
				begin = start
			}
			if pair[which], err = s.measure(dir, f, begin); err != nil {
				return err
			}
		}
		ours, peer, ratios = append(ours, pair[0]), append(peer, pair[1]), append(ratios, pair[0]/pair[1])
	}
	s.print(s.name, median(ours), median(peer), median(ratios), who+", "+tool)
	return nil
}

func storePicture(dir string, b []byte) (film, error) {
	store, err := blob.Open(filepath.Join(dir, "content"), 0)
	if err != nil {
		return film{}, err
	}
	d := blob.Digest(sha256.Sum256(b))
	if !store.Has(d) {
		if err := store.Put(context.Background(), d, int64(len(b)), bytes.NewReader(b)); err != nil {
			return film{}, fmt.Errorf("store a picture: %w", err)
		}
	}
	name := d.String()
	return film{"/blobs/" + name, "/blobs/" + name[:2] + "/" + name, int64(len(b))}, nil
}

// measure gives the requests a second that wrk counts.
func (s small) measure(dir string, f film, start func(string, bool) (*server, error)) (float64, error) {
	srv, err := start(dir, s.secure)
	if err != nil {
		return 0, err
	}
	url := "http://" + srv.addr + srv.path(f)
	if s.secure {
		url = "https://" + srv.addr + srv.path(f)
	}
	out, err := exec.Command("wrk", "-t1", "-c30", "-d1s", url).CombinedOutput()
	if stopErr := srv.stop(); err == nil {
		err = stopErr
	}
	if err != nil {
		return 0, fmt.Errorf("run wrk: %w: %s", err, out)
	}
	m := regexp.MustCompile(`Requests/sec: +([0-9.]+)`).FindSubmatch(out)
	if m == nil || bytes.Contains(out, []byte("Non-2xx")) {
		return 0, fmt.Errorf("wrk says %q", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// makeZIM packs the picture as Kiwix has it, and says which Kiwix that is.
func makeZIM(dir string, picture []byte) (string, error) {
	if _, err := find("zimwriterfs", "zim-tools", "-V", `[0-9]+\.[0-9.]+`); err != nil {
		return "", err
	}
	version, err := find("kiwix-serve", "kiwix-tools", "--version", `kiwix-tools [0-9.]+`)
	if err != nil {
		return "", err
	}
	in := filepath.Join(dir, "zim")
	if err := os.MkdirAll(in, 0o755); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	var icon bytes.Buffer
	if err := png.Encode(&icon, image.NewGray(image.Rect(0, 0, 48, 48))); err != nil {
		return "", fmt.Errorf("draw the icon: %w", err)
	}
	for name, b := range map[string][]byte{
		"index.html":  []byte("<html><head><title>bench</title></head><body>bench</body></html>"),
		"icon.png":    icon.Bytes(),
		"picture.png": picture,
	} {
		if err := os.WriteFile(filepath.Join(in, name), b, 0o644); err != nil {
			return "", fmt.Errorf("write %s: %w", name, err)
		}
	}
	out, err := exec.Command("zimwriterfs", "-w", "index.html", "-I", "icon.png", "-l", "fra", "-n", "bench", "-t", "bench",
		"-d", "bench", "-c", "bench", "-p", "bench", in, filepath.Join(dir, zimFile)).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make a ZIM: %w: %s", err, out)
	}
	return version, nil
}

const zimFile = "bench.zim"

func startKiwix(dir string, _ bool) (*server, error) {
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(addr)
	cmd := exec.Command("kiwix-serve", "--address", "127.0.0.1", "--port", port, filepath.Join(dir, zimFile))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start kiwix-serve: %w", err)
	}
	s := &server{cmd, addr, false, func(film) string { return "/bench/picture.png" }}
	return s, s.answers()
}
