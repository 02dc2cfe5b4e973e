// <p-appel>: the roll in one screen. Everyone is present; a tap makes a pupil
// absent, another late, a third present again. The form works without this:
// each pupil is three radio buttons. With it, the roll is kept on the tablet
// until the box has it, and can be taken back for ten seconds.
import { outbox } from "../../../web/src/outbox.js";

const NEXT = { present: "absent", absent: "late", late: "present" };
const UNDO_MS = 10_000;

class Appel extends HTMLElement {
  #form; #words; #undo = 0; #sent = null;

  connectedCallback() {
    this.#form = this.querySelector("form[data-roll]");
    this.#words = this.dataset;
    for (const card of this.#form.querySelectorAll("[data-pupil]")) this.#enhance(card);
    this.#form.addEventListener("submit", (e) => { e.preventDefault(); this.#send(); });
    this.querySelector("[data-undo]")?.addEventListener("click", () => this.#takeBack());
    this.#count();
    document.addEventListener("p-refused", this.#clash);
    this.toggleAttribute("enhanced", true);
  }

  disconnectedCallback() { clearTimeout(this.#undo); document.removeEventListener("p-refused", this.#clash); }

  // Somebody else took this roll and saw something else: both are kept, and
  // the page that shows them is this one, read again.
  #clash = (e) => {
    if (e.detail.status !== 409 || e.detail.body.lesson !== this.#words.lesson) return;
    clearTimeout(this.#undo);
    const note = this.querySelector("[data-note]");
    note.textContent = this.#words.clashed;
    this.querySelector("[data-undo]").hidden = true;
    this.querySelector("[data-next]").hidden = true;
    this.querySelector("[data-clash]").hidden = false;
    this.dataset.view = "clash";
  };

  #enhance(card) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "appel-bouton";
    button.innerHTML = '<span class="appel-nom"></span><span class="appel-etat"></span>';
    button.firstChild.textContent = card.dataset.name;
    button.addEventListener("click", () => {
      const radio = card.querySelector(`input[value=${NEXT[this.#state(card)]}]`);
      radio.checked = true;
      this.#paint(card, button);
      this.#count();
    });
    card.append(button);
    this.#paint(card, button);
  }

  #state(card) { return card.querySelector("input:checked").value; }

  #paint(card, button) {
    const state = this.#state(card);
    card.dataset.state = state;
    button.lastChild.textContent = this.#words[state];
  }

  #marks() {
    const marks = {};
    for (const card of this.#form.querySelectorAll("[data-pupil]")) {
      const mark = this.#state(card);
      if (mark !== "present") marks[card.dataset.pupil] = { mark };
    }
    return marks;
  }

  #count() {
    const n = { present: 0, absent: 0, late: 0 };
    for (const card of this.#form.querySelectorAll("[data-pupil]")) n[this.#state(card)]++;
    for (const out of this.querySelectorAll("[data-count]")) out.textContent = n[out.dataset.count];
  }

  async #send(voids) {
    const register = {
      id: outbox.id(), lesson: this.#words.lesson, class: this.#words.class,
      at: new Date().toISOString(), marks: this.#marks(),
      ...(voids || this.#words.corrects ? { corrects: voids || this.#words.corrects } : {}),
    };
    this.#sent = register.id;
    this.#show("sent");
    await outbox.put(this.#words.register, register);
    outbox.drain();
    clearTimeout(this.#undo);
    this.#undo = setTimeout(() => this.#show("kept"), UNDO_MS);
  }

  // Taking back is a correction: the journal forgets nothing.
  #takeBack() {
    clearTimeout(this.#undo);
    this.#words.corrects = this.#sent;
    this.#show("edit");
    this.#form.querySelector("button.appel-bouton")?.focus();
  }

  #show(state) {
    this.dataset.view = state;
    const note = this.querySelector("[data-note]");
    note.textContent = state === "edit" ? "" : this.#words.done;
    this.querySelector("[data-undo]").hidden = state !== "sent";
    this.querySelector("[data-next]").hidden = state === "edit";
    for (const el of this.#form.querySelectorAll(".appel-bouton, [type=submit]")) el.disabled = state !== "edit";
  }
}

customElements.define("p-appel", Appel);
