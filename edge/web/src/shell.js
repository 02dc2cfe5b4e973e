// What every page with a header runs: the pill that says in words whether the
// tablet reaches the box, and how much it keeps meanwhile; and the way out of
// a shared tablet.
import { outbox } from "./outbox.js";
import "./leave.js";
import { reach } from "./reach.js";

class Link extends HTMLElement {
  #online = navigator.onLine;
  #kept = 0;
  #late = 0;
  #word = 0; // of the live element; a later one counts

  connectedCallback() {
    document.addEventListener("p-outbox", (e) => {
      const { kept, online } = e.detail;
      clearTimeout(this.#late);
      // What leaves at once needs no mention.
      if (kept && online && !this.#kept) this.#late = setTimeout(() => { this.#kept = kept; this.#show(); }, 1500);
      else this.#kept = kept;
      this.#online = online && navigator.onLine;
      this.#show();
    });
    // The live element knows sooner: its socket breaks at once. But a socket
    // that breaks while pages come is no box out of reach.
    document.addEventListener("p-link", async (e) => {
      const word = ++this.#word;
      const online = e.detail.online || (navigator.onLine && await reach());
      if (word !== this.#word) return;
      this.#online = online;
      this.#show();
      if (online) document.dispatchEvent(new Event("p-online"));
    });
    addEventListener("offline", () => { this.#online = false; this.#show(); });
    addEventListener("online", () => { this.#online = true; this.#show(); });
    this.#show();
    outbox.start();
  }

  #show() {
    const d = this.dataset;
    let text = this.#online ? d.linked : d.cut;
    if (this.#kept) text = (this.#online ? "" : d.cut + " · ") + (this.#kept === 1 ? d.keptOne : d.keptOther.replace(/\d+/, this.#kept));
    this.classList.toggle("off", !this.#online);
    this.classList.toggle("kept", this.#kept > 0);
    const label = this.querySelector(".pill-text");
    if (label.textContent !== text) label.textContent = text;
    this.hidden = false;
  }
}
customElements.define("p-link", Link);

// A pupil's pages alone have one.
if (document.querySelector("p-tablet")) import("./p-tablet.js");
