// <p-regie-choix>: what can be opened. The search asks the box for all it
// holds; a tap opens for whom was chosen, at a page for what has some.
import { leaves } from "./feuilles.js";

const WAIT_MS = 250;

class RegieChoix extends HTMLElement {
  #regie; #timer = 0; #asked = 0;

  follow(regie) {
    this.#regie = regie;
    const form = this.querySelector("[data-search]");
    form.addEventListener("submit", (e) => { e.preventDefault(); this.#search(form); });
    form.addEventListener("input", () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.#search(form), WAIT_MS); });
    this.addEventListener("click", (e) => this.#open(e.target.closest("[data-do=open], [data-do=leaf]")));
    this.addEventListener("toggle", (e) => { if (e.target.matches(".feuilles[open]")) this.#leaves(e.target); }, true);
    regie.addEventListener("screens", () => this.#current());
    this.#met();
  }

  disconnectedCallback() { clearTimeout(this.#timer); }

  #item(button) {
    const d = button.dataset;
    return { id: d.item, kind: d.kind, title: button.querySelector(".choix-titre").textContent, duration: Number(d.duration) || 0, paged: "paged" in d };
  }

  #met() {
    for (const b of this.querySelectorAll("[data-do=open]")) this.#regie.know(this.#item(b));
    this.#current();
  }

  async #open(button) {
    if (!button) return;
    const card = button.closest(".choix-carte").querySelector("[data-do=open]");
    button.setAttribute("aria-busy", "true");
    await this.#regie.open(this.#item(card), button === card ? {} : { page: Number(button.value) });
    button.removeAttribute("aria-busy");
  }

  async #leaves(box) {
    const list = box.querySelector("ol"), said = box.querySelector("p");
    const item = await this.#regie.item(box.parentElement.querySelector("[data-do=open]").dataset.item);
    leaves(list, item, this.dataset.page);
    said.textContent = !item ? this.#regie.words.offline : list.childElementCount ? "" : this.dataset.uncounted;
  }

  #current() {
    const on = new Set(this.#regie.channels().map((c) => c.stage.item));
    for (const b of this.querySelectorAll("[data-do=open]")) {
      if (on.has(b.dataset.item)) b.setAttribute("aria-current", "true");
      else b.removeAttribute("aria-current");
    }
  }

  // The page itself, with another list: the box writes it once.
  async #search(form) {
    clearTimeout(this.#timer);
    const asked = ++this.#asked, query = new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch("?" + query, { headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-found]");
      if (asked !== this.#asked || !found) return;
      this.#fill(this.querySelector("[data-found]"), found);
      this.#met();
    } catch {
      if (asked === this.#asked) this.#regie.say(this.#regie.words.offline, true);
    }
  }

  #fill(into, found) {
    into.querySelector(".choix").replaceChildren(...[...found.querySelector(".choix").children].map((n) => document.importNode(n, true)));
    into.querySelector("[role=status]").textContent = found.querySelector("[role=status]").textContent;
  }
}

customElements.define("p-regie-choix", RegieChoix);

// <p-regie-diapos>: the slide shows prepared on the plans' page.
class RegieDiapos extends HTMLElement {
  follow(regie, scene) {
    this.addEventListener("click", (e) => {
      const button = e.target.closest("[data-plan]");
      if (button) scene.present(button.dataset.plan, this.dataset.missing);
    });
  }
}

customElements.define("p-regie-diapos", RegieDiapos);
