package boxtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"preau/edge/directory"
)

// phone gives the page an authenticator of its own, whose holder's finger is
// on it.
func (p *Page) phone() {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return fmt.Errorf("enable WebAuthn: %w", err)
		}
		_, err := cdp.Call(ctx, t, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	}))
}

// run has every page opened next run a script before its own.
func (p *Page) run(script string) {
	p.t.Helper()
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
		return err
	}))
}

// tabTo presses Tab until the focus matches.
func (p *Page) tabTo(sel string) {
	p.t.Helper()
	for range 60 {
		if Eval[bool](p, "document.activeElement.matches("+quote(sel)+")") {
			return
		}
		p.Do(chromedp.KeyEvent(kb.Tab))
	}
	p.t.Fatalf("%s: no amount of Tab reaches %s", p.Name, sel)
}

// keep writes a picture where PREAU_SHOTS asks for some.
func keep(p *Page, name string) {
	if dir := os.Getenv("PREAU_SHOTS"); dir != "" {
		p.Shot(filepath.Join(dir, name+".png"), true)
	}
}

// TestPasskey_AddedThenTheWayIn: over HTTPS by the box's name a teacher makes a
// passkey without a pointer, signs out, and comes in by it; a wrong passphrase
// makes none; the direction takes it back, and it opens nothing any more.
func TestPasskey_AddedThenTheWayIn(t *testing.T) {
	b := NewBorne(t)
	b.HTTPS = true
	b.Start()
	trust(t, b.CA) // before Chromium starts: it reads its trust from HOME
	browser := NewBrowser(t, "host-resolver-rules=MAP preau.local 127.0.0.1")
	who := account(t, b, directory.Teacher, 0)
	teacher := browser.NewPage("teacher", 1280, 800)
	teacher.phone()
	SignIn(teacher, b.Named(), who)
	teacher.Click(`a[href="/compte/"]`)
	teacher.WaitFor(`document.querySelector(".cle-ajouter:not([hidden])")`, 10*time.Second)
	for _, lang := range []string{"en", "fr"} {
		speak(teacher, lang)
		for _, width := range []int64{320, 1280} {
			teacher.Size(width, 800)
			clean(t, teacher, fmt.Sprintf("the account without a passkey, %s, %d px", lang, width))
			keep(teacher, fmt.Sprintf("cles-vide-%s-%d", lang, width))
		}
	}
	teacher.Type("#nom", "Téléphone")
	teacher.Type("#phrase", "un deux trois quatre cinq")
	teacher.Click(".cle-ajouter button")
	teacher.WaitFor(`document.querySelector("[data-say]").textContent.includes("cinq mots")`, 10*time.Second)
	clean(t, teacher, "a wrong passphrase")

	teacher.tabTo("#phrase")
	teacher.Do(chromedp.KeyEvent("a", chromedp.KeyModifiers(2)), chromedp.KeyEvent(who.Secret), chromedp.KeyEvent(kb.Enter))
	teacher.WaitFor(`document.querySelector(".cle-nom")`, 10*time.Second)
	if got := teacher.Text(".cle-nom"); got != "Téléphone" {
		t.Errorf("the key is called %q", got)
	}
	teacher.tabTo(".cle-plus summary")
	teacher.Do(chromedp.KeyEvent(kb.Enter))
	for _, width := range []int64{320, 1280} {
		teacher.Size(width, 800)
		clean(t, teacher, fmt.Sprintf("the account with a passkey, %d px", width))
		keep(teacher, fmt.Sprintf("cles-une-%d", width))
	}
	teacher.Do(chromedp.SetValue(chromedp.CSS(".cle-nommer input"), "Clé de poche"))
	teacher.Click(".cle-nommer button")
	teacher.WaitFor(`document.querySelector(".cle-nom").innerText === "Clé de poche"`, 10*time.Second)

	leave := func() {
		t.Helper()
		teacher.Click("[data-signout]")
		teacher.WaitFor(`!document.querySelector("[data-signout]")`, 10*time.Second)
	}
	leave()
	// Offered beside the name: with the holder's finger on it, Chromium needs no
	// more.
	teacher.Open(b.Named() + "/connexion/adulte?next=/prof/plans")
	teacher.WaitFor(`location.pathname === "/prof/plans"`, 20*time.Second)
	leave()
	teacher.run(`PublicKeyCredential.isConditionalMediationAvailable = async () => false`)
	door := func() {
		t.Helper()
		teacher.Open(b.Named() + "/connexion/adulte?next=/prof/plans")
		teacher.WaitFor(`document.querySelector("p-cle:not([hidden])")`, 10*time.Second)
	}
	door()
	clean(t, teacher, "the door with passkeys")
	keep(teacher, "porte-1280")
	teacher.tabTo("p-cle button")
	teacher.Do(chromedp.KeyEvent(kb.Enter))
	teacher.WaitFor(`location.pathname === "/prof/plans"`, 10*time.Second)

	head := browser.NewPage("head", 1280, 800)
	SignIn(head, b.Named(), account(t, b, directory.Principal, 0))
	head.Open(b.Named() + "/compte/ecole/")
	for _, width := range []int64{320, 1280} {
		head.Size(width, 800)
		clean(t, head, fmt.Sprintf("everybody's passkeys, %d px", width))
		keep(head, fmt.Sprintf("cles-ecole-%d", width))
	}
	head.Click(".cle form button")
	head.WaitFor(`!document.querySelector(".cle")`, 10*time.Second)

	leave()
	door()
	teacher.Click("p-cle button")
	teacher.WaitFor(`document.querySelector("p-cle [data-say]").textContent.includes("pas été acceptée")`, 10*time.Second)
	keep(teacher, "porte-refus-1280")
	clean(t, teacher, "the door that refuses a passkey")
}

// TestPasskey_SaysWhatIsMissing: over plain HTTP, to who has no account, in a
// browser without JavaScript, the page is whole and says why.
func TestPasskey_SaysWhatIsMissing(t *testing.T) {
	b := NewBorne(t)
	b.HTTPS = true
	b.Start()
	trust(t, b.CA)
	browser := NewBrowser(t, "host-resolver-rules=MAP preau.local 127.0.0.1")
	who := account(t, b, directory.Teacher, 0)
	plain := browser.NewPage("plain HTTP", 320, 640)
	SignIn(plain, b.URL(), who)
	plain.Open(b.URL() + "/compte/")
	plain.WaitFor(`document.querySelector("#ajouter ~ .note").innerText.includes("https://preau.local")`, 5*time.Second)
	clean(t, plain, "the account over plain HTTP")
	keep(plain, "cles-http-320")
	plain.Open(b.URL() + "/connexion/technicien")
	plain.Type("#phrase", account(t, b, directory.Technician, 0).Secret)
	plain.Click("form .primary")
	plain.WaitFor(`location.pathname === "/technicien/"`, 10*time.Second)
	plain.Open(b.URL() + "/compte/")
	clean(t, plain, "the account of who has none")

	silent := browser.NewPage("no script", 800, 600)
	silent.NoScript()
	SignIn(silent, b.Named(), who)
	silent.Open(b.Named() + "/compte/")
	silent.WaitFor(`document.querySelector("noscript .note").innerText.includes("JavaScript")`, 5*time.Second)
	if Eval[bool](silent, `getComputedStyle(document.querySelector(".cle-ajouter")).display !== "none"`) {
		t.Error("a form that nothing answers is shown")
	}
	keep(silent, "cles-sans-script-800")
	silent.Open(b.Named() + "/connexion/adulte")
	if Eval[bool](silent, `getComputedStyle(document.querySelector("p-cle")).display !== "none"`) {
		t.Error("a button that nothing answers is shown")
	}
}
