package boxtest

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"preau/edge/live/protocol"
)

func kioskFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(Repository(), "images", "kiosk", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestKiosk_Units has systemd itself read the units; what they run need not
// be installed here.
func TestKiosk_Units(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze here")
	}
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"preau-tableau.service", "preau-tableau-matin.service", "preau-tableau-matin.timer", "preau-tableau-soir.service", "preau-tableau-soir.timer"} {
		text := strings.NewReplacer("/usr/bin/cage", "/bin/true", "/usr/bin/systemctl", "/bin/true").Replace(kioskFile(t, name))
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	out, err := exec.Command(verify, append([]string{"verify", "--man=no", "--recursive-errors=no"}, paths...)...).CombinedOutput()
	if err != nil || strings.Contains(string(out), dir) || strings.Contains(string(out), "preau") {
		t.Errorf("systemd-analyze: %v\n%s", err, out)
	}
}

// TestKiosk_OpensTheBoard runs the kiosk's own command, before its box is up:
// it waits, shows the board, and plays a film with its sound though nobody
// touched the screen, as the policy allows this site alone.
func TestKiosk_OpensTheBoard(t *testing.T) {
	t.Parallel()
	var policy struct{ AutoplayAllowlist, URLAllowlist []string }
	if err := json.Unmarshal([]byte(kioskFile(t, "preau-tableau.json")), &policy); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(policy.AutoplayAllowlist) != "[http://preau.local https://preau.local]" {
		t.Errorf("sites that may play by themselves: %v", policy.AutoplayAllowlist)
	}
	if os.Getuid() != 0 {
		Must(t, "a policy is laid down for one browser as root")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		Must(t, "curl is not installed")
	}
	w := newWall(t)
	w.Kill()
	port := w.Address[strings.LastIndexByte(w.Address, ':')+1:]
	profile := t.TempDir()
	// The policy is this browser's alone: its view of /etc/chromium is its own.
	script := `mount -t tmpfs none /etc/chromium && mkdir -p /etc/chromium/policies/managed && cp "$1/preau-tableau.json" /etc/chromium/policies/managed/ && shift && exec "$@"`
	kiosk := filepath.Join(Repository(), "images", "kiosk")
	cmd := exec.Command("unshare", "-m", "sh", "-c", script, "sh", kiosk, filepath.Join(kiosk, "preau-tableau"),
		"--headless", "--no-sandbox", "--disable-gpu", "--mute-audio", "--disable-background-networking", "--remote-debugging-port=0", "--window-size=1280,800",
		"--host-resolver-rules=MAP preau.local 127.0.0.1")
	cmd.Env = append(os.Environ(), "PREAU_PROFILE="+profile, "PREAU_URL=http://preau.local:"+port, "no_proxy=*")
	cmd.Env = append(cmd.Env, "PATH="+fakeCurl(t)+":"+os.Getenv("PATH"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	log, err := os.Create(filepath.Join(t.TempDir(), "kiosk.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the browser and its children
		_ = cmd.Wait()
	})
	if _, err := os.Stat(filepath.Join(profile, "DevToolsActivePort")); err == nil {
		t.Error("the browser did not wait for the box")
	}
	w.Start()
	var debug string
	w.until(t, "the kiosk's browser is up", func() bool {
		b, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		debug, _, _ = strings.Cut(string(b), "\n")
		return err == nil && debug != ""
	})
	var board *inspector
	w.until(t, "the board's page is open", func() bool {
		var tabs []struct{ URL, Type, WebSocketDebuggerURL string }
		if Get(t.Context(), "http://127.0.0.1:"+debug+"/json", &tabs) != nil {
			return false
		}
		for _, tab := range tabs {
			if tab.Type == "page" && tab.URL == "http://preau.local:"+port+"/tableau" {
				board = inspect(t, tab.WebSocketDebuggerURL)
			}
		}
		return board != nil
	})
	var shown string
	w.until(t, "a code is shown", func() bool {
		shown, _ = board.eval(t, `document.querySelector("[data-code]")?.textContent`).(string)
		return len(shown) > 5
	})
	if err := w.teacher.JSON(t.Context(), "/live/claim", map[string]string{"code": shown, "room": w.lesson, "place": wallRoom}); err != nil {
		t.Fatal(err)
	}
	w.say(t, &protocol.Open{Item: w.item(t, "video", "1"), Playing: true})
	w.until(t, "the film plays", func() bool {
		return board.eval(t, `document.querySelector(".scene video")?.currentTime > 0.5`) == true
	})
	if got := board.eval(t, `!document.querySelector(".scene video").muted && document.querySelector("[data-silent]").hidden`); got != true {
		t.Error("the board asks for a touch before it plays sound")
	}
}

// inspector asks a page of a browser that the test did not start through
// chromedp.
type inspector struct {
	ws *websocket.Conn
	id int
}

func inspect(t *testing.T, address string) *inspector {
	t.Helper()
	ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), address, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	t.Cleanup(func() { ws.Close() })
	return &inspector{ws: ws}
}

func (i *inspector) eval(t *testing.T, expr string) any {
	t.Helper()
	i.id++
	err := i.ws.WriteJSON(map[string]any{"id": i.id, "method": "Runtime.evaluate", "params": map[string]any{"expression": expr, "returnByValue": true}})
	for err == nil {
		var answer struct {
			ID     int
			Result struct{ Result struct{ Value any } }
		}
		if err = i.ws.ReadJSON(&answer); err == nil && answer.ID == i.id {
			return answer.Result.Result.Value
		}
	}
	t.Fatalf("ask the kiosk's page: %v", err)
	return nil
}

// fakeCurl finds the box by its name where the machine's resolver does not.
func fakeCurl(t *testing.T) string {
	t.Helper()
	real, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	text := "#!/bin/sh\nexec " + real + " --noproxy '*' --connect-to preau.local::127.0.0.1: \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "curl"), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestBoard_AsksForATouchWhereSoundNeedsOne is a browser without the policy:
// the film plays at once, unheard, and a touch gives its sound.
func TestBoard_AsksForATouchWhereSoundNeedsOne(t *testing.T) {
	t.Parallel()
	w := newWall(t)
	b := NewBrowser(t, "autoplay-policy=document-user-activation-required")
	board := b.NewPage("board", 1024, 768)
	board.Open(w.URL() + "/tableau")
	w.pair(t, board)
	w.say(t, &protocol.Open{Item: w.item(t, "video", "1"), Playing: true})
	board.WaitFor(`document.querySelector(".scene video")?.currentTime > 0.5`, 20*time.Second)
	if !Eval[bool](board, `document.querySelector(".scene video").muted`) {
		t.Skip("this browser plays sound untouched")
	}
	if text := board.Text("[data-silent]"); !strings.Contains(text, "Touchez pour le son") {
		t.Errorf("the board says %q", text)
	}
	board.Click("[data-silent]")
	board.WaitFor(`!document.querySelector(".scene video").muted && !document.querySelector(".scene video").paused && document.querySelector("[data-silent]").hidden`, 5*time.Second)
}
