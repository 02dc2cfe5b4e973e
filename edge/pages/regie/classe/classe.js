// <p-classe>: the teacher's remote. Three big things: open, the pupils, "Eyes
// on the board"; everything else is one tap away. Every press shows at once
// and is confirmed when the box has it.
import { Live } from "../../../web/src/live.js";
import { Regie } from "./regie.js";
import { aimAt } from "./cible.js";
import "./scene.js";
import "./choix.js";
import "./eleves.js";
import "./tableau.js";
import "./collegues.js";
import "../../../web/src/p-slate.js";
import "../../../web/src/p-ask.js";
import "../../../web/src/p-countdown.js";

const SIGNED_OUT = 4503; // the session is over

class Classe extends HTMLElement {
  #live = new Live(); #w = this.dataset; #regie;

  connectedCallback() {
    const live = this.#live, names = new Map([...this.querySelectorAll("[data-person][data-name]")].map((el) => [el.dataset.person, el.dataset.name]));
    const regie = this.#regie = new Regie(live, this.#w, (text, bad) => this.#say(text, bad), names);
    live.addEventListener("link", (e) => this.#link(e.detail));
    for (const event of ["attention", "welcome"]) live.addEventListener(event, () => this.#$("[data-do=attention]").setAttribute("aria-pressed", String(live.attention)));
    live.addEventListener("ended", () => location.assign(this.#w.home));
    regie.addEventListener("view", (e) => this.#view(e.detail, true));
    regie.addEventListener("summary", (e) => this.#summary(e.detail));
    this.addEventListener("click", (e) => this.#click(e.target.closest("[data-do], button[data-view]")));
    this.#view("ouvrir");
    aimAt(this, regie);
    const scene = this.#$("p-regie-scene");
    for (const part of this.querySelectorAll("p-regie-scene, p-regie-choix, p-regie-diapos, p-regie-eleves, p-regie-tableau, p-regie-collegues, p-slate")) part.follow(regie, scene);
    for (const part of this.querySelectorAll("p-ask, p-countdown")) part.dataset.unsure = this.#w.unsure;
    this.#$("p-ask").follow(live, (person) => names.get(person));
    this.#$("p-countdown").follow(live);
    live.start();
  }

  disconnectedCallback() { this.#live.stop(); }

  #$(sel) { return this.querySelector(sel); }

  #click(button) {
    if (!button) return;
    if (button.dataset.view) return this.#view(button.dataset.view);
    switch (button.dataset.do) {
      case "attention": return this.#regie.do({ t: "attention", on: !this.#live.attention });
      case "ask-end": return this.#sure(this.#$("[data-sure]").hidden);
      case "end-not": return this.#sure(false);
      case "end": return this.#regie.do({ t: "end" });
    }
  }

  // Ending is asked once more, beside where it was asked.
  #sure(ask) {
    const button = this.#$("[data-do=ask-end]");
    this.#$("[data-sure]").hidden = !ask;
    button.setAttribute("aria-expanded", String(ask));
    (ask ? this.#$("[data-do=end-not]") : button).focus();
  }

  #view(name, moved) {
    this.dataset.view = name;
    for (const d of this.querySelectorAll("details[open]")) d.open = false;
    for (const b of this.querySelectorAll("button[data-view]")) b.setAttribute("aria-pressed", String(b.dataset.view === name));
    if (!moved) return;
    const heading = this.#$("#" + name + " h2");
    heading.tabIndex = -1;
    heading.focus();
  }

  #summary({ text, help }) {
    const out = this.#$("[data-summary]"), badge = this.#$("[data-badge]");
    if (out.textContent !== text) out.textContent = text;
    badge.hidden = !help;
    badge.textContent = help || "";
  }

  #say(text, bad = false) {
    const out = this.#$("[data-say]");
    out.textContent = text;
    out.classList.toggle("erreur", bad);
  }

  // Nothing of the class stays on the page of somebody who is gone.
  #signedOut() {
    for (const part of this.querySelectorAll(".regie-barre, .classe-corps")) part.remove();
    this.#$("[data-summary]").textContent = this.#$("[data-boardsaid]").textContent = "";
    this.#say(this.#w.signedout + " ", true);
    const link = document.createElement("a");
    link.href = location.pathname; // asked again without a session, it leads to the door
    link.textContent = this.#w.signin;
    this.#$("[data-say]").append(link);
    link.focus();
    this.#regie.forget();
  }

  #link({ online, code, over }) {
    this.toggleAttribute("offline", !online);
    if (code === SIGNED_OUT) return this.#signedOut();
    this.#say(online ? "" : over ? this.#w.over : this.#w.reconnecting, !online);
  }
}

customElements.define("p-classe", Classe);
