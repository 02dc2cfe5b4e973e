// <p-frame>: what comes from the second origin, and what it tells. A frame may
// say, by postMessage, {preau: "result", question?, raw, max, done?} and
// {preau: "height", height}. Its origin is "null" (a sandbox), so it is known
// by its window; what it says is checked by the box besides.
import { outbox } from "./outbox.js";
import { device } from "./watched.js";

const MAX_HEIGHT = 6000;

class Frame extends HTMLElement {
  #registration = outbox.id();

  connectedCallback() {
    this.#tell(this.dataset.launches, {});
    this.#frame = this.querySelector("iframe");
    if (this.#frame) addEventListener("message", this.#hear);
  }

  disconnectedCallback() { removeEventListener("message", this.#hear); }

  #frame = null;

  #hear = (e) => {
    const said = e.data;
    if (e.source !== this.#frame.contentWindow || typeof said !== "object" || !said) return;
    if (said.preau === "height" && said.height > 0) this.#frame.style.height = Math.min(said.height, MAX_HEIGHT) + "px";
    if (said.preau !== "result") return;
    const raw = Number(said.raw), max = Number(said.max), done = said.done === true;
    const question = String(said.question ?? "").slice(0, 200);
    if (!(max > 0 && raw >= 0 && raw <= max) || (!question && !done)) return;
    this.#tell(this.dataset.results, { raw, max, ...(question ? { question } : {}), ...(done ? { done } : {}) });
    const note = this.querySelector("[data-result]");
    if (done && note && this.dataset.results) note.hidden = false;
  };

  #tell(url, more) {
    if (!url) return; // nobody signed in: nothing is kept
    outbox.put(url, {
      id: outbox.id(), item: this.dataset.item, kind: this.dataset.kind, registration: this.#registration,
      at: new Date().toISOString(), device: device(), ...(navigator.onLine ? {} : { offline: true }), ...more,
    });
  }
}

customElements.define("p-frame", Frame);
