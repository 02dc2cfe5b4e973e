package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

const (
	fps     = 25
	signFPS = 15
)

// makeFilm makes one film's picture, sound and all that goes with it.
func makeFilm(ctx context.Context, b *browser, o options, f script) error {
	said, described := make([]track, len(f.Beats)), make([]track, len(f.Beats))
	saidFor, describedFor := make([]float64, len(f.Beats)), make([]float64, len(f.Beats))
	for i, beat := range f.Beats {
		text := beat.Say
		if beat.Aloud != "" {
			text = beat.Aloud
		}
		var err error
		if said[i], err = speak(ctx, narrator, text, o.work); err != nil {
			return err
		}
		saidFor[i] = said[i].seconds()
		if beat.Describe == "" {
			continue
		}
		if described[i], err = speak(ctx, describer, beat.Describe, o.work); err != nil {
			return err
		}
		describedFor[i] = described[i].seconds()
	}
	cues, err := plan(f, saidFor, describedFor)
	if err != nil {
		return err
	}
	if o.sheet != "" {
		return stills(b, o.sheet, f, cues)
	}
	plain := music(f, cues)
	for i, c := range cues {
		plain.add(c.Say, said[i])
	}
	rich := append(track(nil), plain...)
	for i, c := range cues {
		rich.add(c.describe, described[i])
	}
	dir := filepath.Join(o.out, "items", f.Slug)
	if err := texts(dir, f, cues); err != nil {
		return err
	}
	sound, richer := filepath.Join(o.work, "plain.wav"), filepath.Join(o.work, "rich.wav")
	if err := plain.saveWAV(sound); err != nil {
		return err
	}
	if err := rich.saveWAV(richer); err != nil {
		return err
	}
	if err := ffmpeg(ctx, nil, "-i", richer, "-c:a", "aac", "-b:a", "56k", "-movflags", "+faststart", "-metadata:s:a:0", "language=fra", "-metadata", "title="+f.Title+" (audiodescription)", filepath.Join(dir, "audiodescription.fr.m4a")); err != nil {
		return err
	}
	if err := b.size(640, 360); err != nil {
		return err
	}
	poster, err := b.frame(f.Drawing, f.Poster, cues)
	if err != nil {
		return err
	}
	if err := savePoster(ctx, poster, filepath.Join(dir, "poster.webp")); err != nil {
		return err
	}
	err = pictures(ctx, b, f.Drawing, fps, f.Length, cues, "-i", sound, "-c:a", "aac", "-b:a", "56k", "-metadata:s:a:0", "language=fra", "-metadata", "title="+f.Title,
		"-crf", "23", filepath.Join(dir, "film.mp4"))
	if err != nil {
		return err
	}
	if err := b.size(240, 240); err != nil {
		return err
	}
	return pictures(ctx, b, "sign", signFPS, f.Length, cues, "-an", "-crf", "30", "-metadata", "title=LSF – exemple, pas une vraie traduction", filepath.Join(dir, "lsf-exemple.mp4"))
}

// stills leaves pictures of a film for its author to look at.
func stills(b *browser, dir string, f script, cues []cue) error {
	for _, s := range []struct {
		drawing, name string
		w, h          int64
	}{{f.Drawing, f.Slug, 640, 360}, {"sign", f.Slug + "-lsf", 240, 240}} {
		if err := b.size(s.w, s.h); err != nil {
			return err
		}
		for t := 1.0; t < f.Length; t += 2 {
			png, err := b.frame(s.drawing, t, cues)
			if err != nil {
				return err
			}
			if err := write(filepath.Join(dir, fmt.Sprintf("%s-%02.0f.png", s.name, t)), png); err != nil {
				return err
			}
		}
	}
	return nil
}

func texts(dir string, f script, cues []cue) error {
	vtt, err := subtitles(f, cues)
	if err != nil {
		return err
	}
	if err := write(filepath.Join(dir, "subtitles.fr.vtt"), []byte(vtt)); err != nil {
		return err
	}
	return write(filepath.Join(dir, "transcript.fr.txt"), []byte(transcript(f, cues)))
}

// pictures draws a film and encodes it as it is drawn: H.264 for any tablet,
// a key frame every two seconds, the index first.
func pictures(ctx context.Context, b *browser, drawing string, rate int, length float64, cues []cue, args ...string) error {
	r, w := io.Pipe()
	go func() { // ends when the last picture is read or ffmpeg closed the pipe
		for i := range int(length*float64(rate) + 0.5) {
			png, err := b.frame(drawing, float64(i)/float64(rate), cues)
			if err == nil {
				_, err = w.Write(png)
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
		w.Close()
	}()
	head := []string{"-f", "image2pipe", "-c:v", "png", "-framerate", fmt.Sprint(rate), "-i", "-"}
	video := []string{"-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-c:v", "libx264", "-preset", "slow", "-tune", "animation", "-profile:v", "main",
		"-g", fmt.Sprint(2 * rate), "-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-movflags", "+faststart"}
	if args[0] == "-i" {
		head, args = append(head, args[:2]...), args[2:]
	}
	defer r.Close()
	return ffmpeg(ctx, r, append(append(head, video...), args...)...)
}

func savePoster(ctx context.Context, png []byte, name string) error {
	return ffmpeg(ctx, bytes.NewReader(png), "-f", "image2pipe", "-c:v", "png", "-i", "-", "-c:v", "libwebp", "-quality", "82", "-compression_level", "6", "-frames:v", "1", name)
}

// ffmpeg runs on one core, kindly, and leaves no date or version in its files.
func ffmpeg(ctx context.Context, in io.Reader, args ...string) error {
	if err := os.MkdirAll(filepath.Dir(args[len(args)-1]), 0o755); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	to := args[len(args)-1]
	all := append([]string{"-n", "10", "ffmpeg", "-v", "error", "-y"}, args[:len(args)-1]...)
	all = append(all, "-threads", "1", "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", to)
	cmd := exec.CommandContext(ctx, "nice", all...)
	cmd.Stdin = in
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("encode %s: %w: %s", filepath.Base(to), err, out)
	}
	return nil
}
