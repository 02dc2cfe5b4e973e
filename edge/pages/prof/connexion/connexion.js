// <p-cle>: in by a passkey, beside the passphrase. A button, and where the
// browser has it the key is offered beside the name as passwords are. It shows
// itself only where passkeys work.
import { known, post, get } from "../../../web/src/webauthn.js";

const AGAIN_MS = 4 * 60_000; // a challenge serves five minutes

class Cle extends HTMLElement {
  #asking = null; // what is under way, to give way to the button
  #timer = 0;

  connectedCallback() {
    if (!known()) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.#enter());
    this.#beside();
  }

  disconnectedCallback() { clearTimeout(this.#timer); this.#asking?.abort(); }

  // beside waits, unseen, for a key picked in the field of the name.
  async #beside() {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    this.#timer = setTimeout(() => this.#beside(), AGAIN_MS);
    try {
      await this.#ask("conditional");
    } catch (err) {
      if (err.status === 400) this.hidden = true; // not at this address: over HTTP the box has none
      else if (err.kind) this.#say(err); // the box refused; that nobody picked is no event
    }
  }

  async #enter() {
    clearTimeout(this.#timer);
    this.#tell(this.dataset.wait);
    try {
      await this.#ask();
    } catch (err) {
      this.#say(err);
      this.#beside();
    }
  }

  async #ask(mediation) {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const signed = await get(await post("/connexion/cle/demande", {}, signal), mediation, signal);
    const { home } = await post("/connexion/cle", signed, signal);
    const next = document.querySelector("input[name=next]")?.value;
    location.assign(next && next !== "/" ? next : home);
  }

  #say(err) {
    if (err.name === "AbortError") return;
    const words = { 0: "offline", 401: "wrong", 403: "wrong", 410: "late", 429: "often" }[err.status];
    this.#tell(this.dataset[words ?? (err.kind ? "broken" : "none")], true);
  }

  #tell(text, bad = false) {
    const out = this.querySelector("[data-say]");
    out.textContent = text;
    out.classList.toggle("erreur", bad);
  }
}

customElements.define("p-cle", Cle);
