// <p-cles>: makes a passkey of this device for whoever knows the passphrase.
import { known, post, create } from "../../../web/src/webauthn.js";

class Cles extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form");
    if (!known()) {
      this.#tell(this.dataset.unknown);
      return;
    }
    form.hidden = false;
    form.addEventListener("submit", (e) => { e.preventDefault(); this.#add(form); });
  }

  async #add(form) {
    const button = form.querySelector("button");
    button.disabled = true;
    this.#tell(this.dataset.wait);
    try {
      const offer = await post("/compte/cles/demande", new URLSearchParams({ phrase: form.phrase.value }));
      const credential = await create(offer);
      await post("/compte/cles", { name: form.elements.name.value, credential });
      location.assign("/compte/");
    } catch (err) {
      this.#say(err, form);
    }
    button.disabled = false;
  }

  #say(err, form) {
    const words = { 0: "offline", 400: "name", 401: "phrase", 409: "full", 410: "late", 429: "often" }[err.status];
    this.#tell(this.dataset[words ?? (err.kind ? "broken" : err.name === "InvalidStateError" ? "already" : "none")]);
    if (words === "phrase") form.phrase.focus();
  }

  #tell(text) {
    this.querySelector("[data-say]").textContent = text;
  }
}

customElements.define("p-cles", Cles);
