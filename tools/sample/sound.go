package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
)

const rate = 44100

// track is mono sound at rate.
type track []float64

func (t track) seconds() float64 { return float64(len(t)) / rate }

// A voice is how espeak-ng is asked to speak, and what is done to soften it.
type voice struct{ name, speed, pitch string }

var (
	narrator  = voice{"fr-fr+f2", "142", "42"}
	describer = voice{"fr-fr+m3", "172", "40"}
)

const soften = "highpass=f=95,lowpass=f=7200,equalizer=f=3100:t=q:w=1.1:g=-3.5,equalizer=f=220:t=q:w=0.9:g=2,acompressor=threshold=0.12:ratio=2.5:attack=8:release=120"

// speak returns text as sound, trimmed of the silence around it and at the
// loudness of every other sentence.
func speak(ctx context.Context, v voice, text, work string) (track, error) {
	wav := filepath.Join(work, "line.wav")
	if out, err := exec.CommandContext(ctx, "espeak-ng", "-v", v.name, "-s", v.speed, "-p", v.pitch, "-g", "2", "-w", wav, text).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("speak %q: %w: %s", text, err, out)
	}
	var raw, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-threads", "1", "-i", wav, "-af", soften, "-ar", fmt.Sprint(rate), "-ac", "1", "-f", "f32le", "-")
	cmd.Stdout, cmd.Stderr = &raw, &problems
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("soften the voice: %w: %s", err, problems.String())
	}
	samples := make([]float32, raw.Len()/4)
	if err := binary.Read(&raw, binary.LittleEndian, samples); err != nil {
		return nil, fmt.Errorf("read the voice: %w", err)
	}
	first, last := -1, -1
	for i, s := range samples {
		if math.Abs(float64(s)) > 0.004 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return nil, fmt.Errorf("speak %q: only silence came", text)
	}
	first, last = max(0, first-rate/100), min(len(samples), last+rate/20)
	t, sum := make(track, last-first), 0.0
	for i := range t {
		t[i] = float64(samples[first+i])
		sum += t[i] * t[i]
	}
	gain := 0.11 / math.Sqrt(sum/float64(len(t)))
	for i := range t {
		edge := min(1, float64(min(i, len(t)-1-i))/(rate/200))
		t[i] = math.Tanh(t[i]*gain*1.1) / 1.1 * edge
	}
	return t, nil
}

func (t track) add(at float64, sound track) {
	start := int(at * rate)
	for i, s := range sound {
		if start+i >= 0 && start+i < len(t) {
			t[start+i] += s
		}
	}
}

// pluck is one soft note, as of a small thumb piano.
func pluck(hz, loud float64) track {
	t := make(track, rate*2)
	for i := range t {
		x := float64(i) / rate
		attack := min(1, x/0.006)
		t[i] = loud * attack * (math.Sin(2*math.Pi*hz*x)*math.Exp(-2.6*x) + 0.28*math.Sin(4*math.Pi*hz*x)*math.Exp(-4.5*x) + 0.09*math.Sin(2*math.Pi*hz*5.4*x)*math.Exp(-14*x))
	}
	return t
}

// music marks the opening, each change of picture and the end. It is well
// under the voice (WCAG 1.4.7 asks for 20 dB) and never plays over its start.
func music(f script, cues []cue) track {
	scale := []float64{261.63, 293.66, 329.63, 392.00, 440.00, 523.25, 587.33}
	t := make(track, int(f.Length*rate))
	for i, n := range []int{0, 2, 3, 5} {
		t.add(0.05+0.14*float64(i), pluck(scale[n], 0.028))
	}
	for i, c := range cues[1:] {
		n := []int{2, 3, 4, 3, 5, 4, 2}[i%7]
		t.add(c.At-0.05, pluck(scale[n], 0.022))
		t.add(c.At+0.09, pluck(scale[n+1], 0.016))
	}
	end := cues[len(cues)-1].End + 0.35
	for i, n := range []int{5, 3, 2, 0} {
		t.add(end+0.16*float64(i), pluck(scale[n], 0.024))
	}
	return t
}

// saveWAV writes 16-bit mono.
func (t track) saveWAV(name string) error {
	var b bytes.Buffer
	size := uint32(len(t) * 2)
	b.WriteString("RIFF")
	binary.Write(&b, binary.LittleEndian, size+36)
	b.WriteString("WAVEfmt ")
	binary.Write(&b, binary.LittleEndian, struct {
		Size       uint32
		Format, Ch uint16
		Rate, Bps  uint32
		Align, Bit uint16
	}{16, 1, 1, rate, rate * 2, 2, 16})
	b.WriteString("data")
	binary.Write(&b, binary.LittleEndian, size)
	for i, s := range t {
		fade := min(1, float64(len(t)-1-i)/(rate/4))
		binary.Write(&b, binary.LittleEndian, int16(32767*max(-1, min(1, s*fade))))
	}
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write sound: %w", err)
	}
	return nil
}
