// <p-regie-collegues>: who teaches this class now; a colleague is invited by
// name. To hand the class over is to invite, then to leave.

const MOST = 8;
const fold = (s) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

class RegieCollegues extends HTMLElement {
  #regie; #w = this.dataset; #teachers = [];

  follow(regie) {
    this.#regie = regie;
    regie.live.addEventListener("teachers", (e) => { this.#teachers = e.detail.teachers; this.#paint(); });
    regie.live.addEventListener("welcome", () => this.#paint());
    this.#$("[data-filter]").addEventListener("input", (e) => this.#filter(e.target.value));
    this.addEventListener("click", (e) => this.#click(e.target.closest("[data-do]")));
    this.#filter("");
  }

  #$(sel) { return this.querySelector(sel); }
  #say(text) { this.#$("[data-note]").textContent = text; }

  async #click(button) {
    if (button?.dataset.do === "invite") {
      const ok = await this.#regie.do({ t: "invite", person: button.dataset.person }, { "not-found": this.#w.unknown, forbidden: this.#w.unknown, "too-large": this.#w.full, full: this.#w.full });
      if (ok) this.#say(this.#w.invited.replace("%s", button.dataset.name));
    }
    if (button?.dataset.do === "leave" && (await this.#regie.do({ t: "leave" }, { conflict: this.#w.last, forbidden: this.#w.last }))) location.assign(this.#regie.words.home);
  }

  #paint() {
    const me = this.#regie.live.you?.id;
    this.#$("[data-teachers]").replaceChildren(...this.#teachers.map((t) => {
      const li = document.createElement("li"), name = document.createElement("strong"), state = document.createElement("span");
      name.textContent = t.name;
      state.textContent = t.id === me ? this.#w.you : t.online ? this.#w.here : this.#w.away;
      li.dataset.online = t.online;
      li.append(name, " ", state);
      return li;
    }));
    this.#$("[data-do=leave]").hidden = this.#teachers.length < 2;
    this.#filter(this.#$("[data-filter]").value);
  }

  #filter(text) {
    const want = fold(text), here = new Set(this.#teachers.map((t) => t.id));
    let shown = 0;
    for (const button of this.querySelectorAll("[data-do=invite]")) {
      const fits = !here.has(button.dataset.person) && fold(button.dataset.name).includes(want);
      button.parentElement.hidden = !fits || ++shown > MOST;
    }
  }
}

customElements.define("p-regie-collegues", RegieCollegues);
