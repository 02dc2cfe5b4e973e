// <p-jour>: the day as it is. Asks every second whether anything is new and,
// when it is, shows the fresh page in place, unless somebody is at work in it.
// Without this the page is whole, and a reload does the same.
const EVERY = 1000;

class Jour extends HTMLElement {
  #timer = 0; #version = ""; #busy = false;

  connectedCallback() {
    this.#version = this.dataset.version;
    this.#timer = setInterval(() => this.#look(), EVERY);
  }

  disconnectedCallback() { clearInterval(this.#timer); }

  async #look() {
    if (this.#busy || document.hidden) return;
    this.#busy = true;
    try {
      const res = await fetch(this.dataset.source);
      const version = res.ok ? await res.text() : this.#version;
      if (version !== this.#version && !this.#atWork()) await this.#refresh(version);
    } catch { /* the box is away; the header says so */ } finally { this.#busy = false; }
  }

  // A list that somebody opened is not taken out of their hands.
  #atWork() {
    const at = document.activeElement;
    return this.contains(at) && at.matches("select, input");
  }

  async #refresh(version) {
    const res = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!res.ok) return;
    const page = new DOMParser().parseFromString(await res.text(), "text/html");
    const fresh = page.querySelector("p-jour [data-fresh]");
    if (!fresh || this.#atWork()) return; // somebody may have begun meanwhile
    this.querySelector("[data-fresh]").replaceWith(fresh);
    this.#version = version;
    const said = this.querySelector("[data-said]");
    said.textContent = said.dataset.new;
  }
}

customElements.define("p-jour", Jour);
