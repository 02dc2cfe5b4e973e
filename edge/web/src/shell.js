// What every page with a header runs: the pill that says in words whether the
// tablet reaches the box, and how much it keeps meanwhile.
import { outbox } from "./outbox.js";

class Link extends HTMLElement {
  #online = navigator.onLine;
  #kept = 0;

  connectedCallback() {
    document.addEventListener("p-outbox", (e) => {
      this.#kept = e.detail.kept;
      this.#online = e.detail.online && navigator.onLine;
      this.#show();
    });
    // The live element knows sooner: its socket breaks at once.
    document.addEventListener("p-link", (e) => {
      this.#online = e.detail.online;
      this.#show();
      if (this.#online) document.dispatchEvent(new Event("p-online"));
    });
    addEventListener("offline", () => { this.#online = false; this.#show(); });
    addEventListener("online", () => { this.#online = true; this.#show(); });
    this.#show();
    outbox.start();
  }

  #show() {
    const d = this.dataset;
    let text = this.#online ? d.on : d.off;
    if (this.#kept) text = (this.#online ? "" : d.off + " · ") + (this.#kept === 1 ? d.keptOne : d.keptOther.replace(/\d+/, this.#kept));
    this.classList.toggle("off", !this.#online);
    const label = this.querySelector(".pill-text");
    if (label.textContent !== text) label.textContent = text;
    this.hidden = false;
  }
}
customElements.define("p-link", Link);
