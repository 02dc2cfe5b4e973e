// <p-tablet>: what this tablet keeps for its pupil, in words. Over HTTPS it
// registers the service worker and asks it to keep what is theirs; over plain
// HTTP browsers allow none of that, and it says so once. Either way it shows
// on the page what was done and the box does not know yet.
import { outbox } from "./outbox.js";
import { say } from "./reach.js";
import { overlay } from "./overlay.js";

const PERIOD = 4 * 60e3;      // ms between two askings, a little apart from the class's
const TOLD = "preau.near";    // in sessionStorage: that reloading needs the box
const KEPT = "preau.kept";    // in localStorage: how many films and documents were kept when it was last said

class Tablet extends HTMLElement {
  #line = this.querySelector("[data-line]"); #timer = 0; #words = "";

  connectedCallback() {
    overlay(this);
    document.addEventListener("p-outbox", this.#outbox);
    if (!("serviceWorker" in navigator)) return this.#alone();
    navigator.serviceWorker.addEventListener("message", this.#hear);
    navigator.serviceWorker.register("/assets/worker.js", { scope: "/" }).then(() => navigator.serviceWorker.ready).then((r) => {
      r.active.postMessage({ t: "kept" });
      this.#keep();
    }).catch(() => this.#alone()); // no certificate that this tablet trusts: as over plain HTTP
    // Kept films come before those of other sites when the tablet runs out.
    navigator.storage?.persist?.().catch(() => {});
  }

  // Nothing is kept: to reload needs the box, and is said when it goes.
  #alone() {
    addEventListener("offline", this.#near);
    document.addEventListener("p-link", this.#near);
  }

  disconnectedCallback() { clearTimeout(this.#timer); }

  #keep = async () => {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#keep, PERIOD * (0.75 + Math.random() / 2));
    if (document.hidden || !navigator.onLine) return;
    (await navigator.serviceWorker.ready).active.postMessage({ t: "keep", roles: this.#roles() });
  };

  // The helps that this pupil uses, as the player remembers them.
  #roles() {
    let likes = {};
    try { likes = JSON.parse(localStorage.getItem("preau.film:" + document.documentElement.dataset.who)) ?? {}; } catch { /* none */ }
    return [...(likes.described ? ["audio-description"] : []), ...(likes.signed ? ["sign-language"] : [])];
  }

  #hear = ({ data }) => {
    if (data?.t !== "kept" || data.who && data.who !== document.documentElement.dataset.who) return;
    const d = this.dataset, few = (n, one, other) => (n === 1 ? one : other.replace(/\d+/, n));
    const parts = [];
    if (data.films) parts.push(few(data.films, d.single, d.several));
    if (data.papers) parts.push(few(data.papers, d.paper, d.papers));
    if (parts.length) parts.push(d.size.replace("%s", Math.max(1, Math.round(data.bytes / 1e6))));
    const gone = this.#missing(data);
    if (gone) parts.push(few(gone, d.goneOne, d.goneOther));
    this.#words = parts.join(" · ");
    if (this.#line.textContent !== this.dataset.full) this.#write(this.#words);
  };

  // How many of the things that this tablet last said to keep the browser has
  // dropped since. The worker cannot know: what it noted is gone with them.
  #missing({ looked, films, papers }) {
    const here = films + papers;
    try {
      const was = Number(localStorage.getItem(KEPT)) || 0;
      localStorage.setItem(KEPT, looked ? Math.max(was, here) : here);
      if (looked && was > here) return was - here;
    } catch { /* not known, then */ }
    return 0;
  }

  #write(text) { if (this.#line.textContent !== text) this.#line.textContent = text; }

  #outbox = ({ detail }) => {
    overlay(this);
    const { full } = this.dataset, said = this.#line.textContent === full;
    if (said && !detail.held) this.#write(this.#words);
    if (said || !detail.held) return;
    this.#write(full);
    say(full);
  };

  #near = (e) => {
    if (e.detail?.online || (e.type === "p-link" && navigator.onLine)) return;
    try {
      if (sessionStorage.getItem(TOLD)) return;
      sessionStorage.setItem(TOLD, "1");
    } catch { /* said again, then */ }
    say(this.dataset.near);
  };
}

customElements.define("p-tablet", Tablet);
