// <p-frame>: what comes from the second origin, and what it tells. A frame may
// say, by postMessage, {type: "preau.result", score, max, completed?,
// question?, answers?: [{question, found}]} and {type: "preau.height",
// height}. Its origin is "null" (a sandbox), so it is known by its window;
// what it says is checked by the box besides.
import { outbox } from "./outbox.js";
import { device } from "./watched.js";

const MAX_HEIGHT = 6000, MAX_ANSWERS = 100;

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
    if (said.type === "preau.height" && said.height > 0) this.#frame.style.height = Math.min(said.height, MAX_HEIGHT) + "px";
    if (said.type !== "preau.result") return;
    for (const a of Array.isArray(said.answers) ? said.answers.slice(0, MAX_ANSWERS) : []) {
      if (a?.question !== undefined) this.#result(a.question, a.found ? 1 : 0, 1, false);
    }
    this.#result(said.question ?? "", Number(said.score), Number(said.max), said.completed === true);
  };

  #result(question, raw, max, done) {
    question = String(question).slice(0, 200);
    if (!(max > 0 && raw >= 0 && raw <= max) || (!question && !done)) return;
    this.#tell(this.dataset.results, { raw, max, ...(question ? { question } : {}), ...(done ? { done } : {}) });
    const note = this.querySelector("[data-result]");
    if (done && note && this.dataset.results) note.hidden = false;
  }

  #tell(url, more) {
    if (!url) return; // nobody signed in: nothing is kept
    outbox.put(url, {
      id: outbox.id(), item: this.dataset.item, kind: this.dataset.kind, registration: this.#registration,
      at: new Date().toISOString(), device: device(), ...(navigator.onLine ? {} : { offline: true }), ...more,
    });
  }
}

customElements.define("p-frame", Frame);
