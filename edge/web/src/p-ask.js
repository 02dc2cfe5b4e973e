// <p-ask>: the teacher's side of a question. True-or-false and A B C D are one
// tap, asked aloud; the rest is a short form. Counts come live; names stay
// behind a tap, for the tablet may be on the wall.
import { answered, countOf, figure, isWritten, labelOf, letter, written } from "./choices.js";
import { failure } from "./live.js";

const MOST = 8, FEWEST = 2;

class PAsk extends HTMLElement {
  #live; #w = this.dataset; #name; #tally = null; #answers = new Map(); #id = ""; #drawn = ""; #names = false; #right = new Set();

  /** follow(live, name): name(person) is a pupil's name. */
  follow(live, name) {
    this.#live = live;
    this.#name = name;
    for (const event of ["question", "welcome", "ended"]) live.addEventListener(event, () => this.#change());
    live.addEventListener("tally", (e) => { this.#tally = e.detail; this.#count(); });
    live.addEventListener("answers", (e) => this.#take(e.detail));
    this.addEventListener("click", (e) => this.#click(e));
    this.addEventListener("change", (e) => { if (e.target.name === "kind") this.#kind(); });
    this.addEventListener("submit", (e) => { e.preventDefault(); this.#ask(e.target); });
    this.#kind();
    this.#change();
  }

  #$(sel) { return this.querySelector(sel); }
  #called(person) { return this.#name(person) || this.#w.someone; }
  get #question() { return this.#live.question; }

  async #do(command) {
    try {
      await this.#live.command(command);
      this.#say("");
      return true;
    } catch (err) {
      this.#say(failure(err, this.#w));
      return false;
    }
  }

  #say(text) { this.#$("[data-note]").textContent = text; }

  #click(e) {
    const button = e.target.closest("[data-ask]"), q = this.#question;
    if (!button) return;
    switch (button.dataset.ask) {
      case "truefalse": return this.#do({ t: "ask", kind: "truefalse", text: "" });
      case "aloud": return this.#do({ t: "ask", kind: "choice", text: "", choices: ["", "", "", ""] });
      case "more": return this.#add();
      case "close": return this.#do({ t: "ask-close", id: q.id });
      case "reveal": return this.#reveal(q);
      case "right": return this.#choose(button, q);
      case "end": return this.#do({ t: "ask-end", id: q.id });
      case "names": return this.#show(!this.#names);
      case "show": return this.#do({ t: "ask-show", id: q.id, ...(button.getAttribute("aria-pressed") === "true" ? {} : { person: button.dataset.person }) });
    }
  }

  // The form: what does not belong to the kind is out of the way.
  #kind() {
    const kind = this.#$("[name=kind]:checked")?.value ?? "choice";
    this.#$("[data-of=choice]").hidden = kind !== "choice";
  }

  #add() {
    const list = this.#$("[data-labels]"), n = list.children.length;
    if (n >= MOST) return;
    const row = list.children[0].cloneNode(true), field = row.querySelector("input");
    row.querySelector("[data-letter]").textContent = letter(n);
    field.value = "";
    field.setAttribute("aria-label", this.#w.choice.replace("%s", letter(n)));
    list.append(row);
    field.focus();
    this.#$("[data-ask=more]").hidden = n + 1 >= MOST;
  }

  async #ask(form) {
    const data = new FormData(form), kind = data.get("kind");
    const ask = { t: "ask", kind, text: String(data.get("text")).trim() };
    if (kind === "choice") {
      // Letters without words count as far as the last one with some.
      const labels = data.getAll("label").map((l) => String(l).trim());
      const last = labels.findLastIndex((l) => l) + 1;
      ask.choices = last ? labels.slice(0, Math.max(FEWEST, last)) : labels;
      if (data.get("multiple")) ask.multiple = true;
    }
    const seconds = Number(data.get("seconds"));
    if (seconds) ask.seconds = seconds;
    if (await this.#do(ask)) { form.reset(); this.#kind(); this.#$("details").open = false; }
  }

  #change() {
    const q = this.#question, held = this.contains(document.activeElement), running = this.#$("[data-running]");
    this.#$("[data-compose]").hidden = !!q;
    running.hidden = !q;
    if (!q) {
      const was = this.#id;
      this.#id = this.#drawn = "";
      this.#tally = null;
      this.#answers.clear();
      this.#show(false);
      if (was && held) this.#$("[data-ask=truefalse]").focus();
      return;
    }
    if (q.id !== this.#id) {
      this.#id = q.id;
      if (this.#tally?.id !== q.id) this.#tally = null;
      this.#answers.clear();
      this.#right.clear();
      this.#show(false);
      this.#$("[data-rights]").value = "";
    }
    this.#draw(q);
    this.#count();
    if (!held || !document.activeElement.closest("[hidden]")) return;
    running.tabIndex = -1;
    running.focus();
  }

  #draw(q) {
    const key = JSON.stringify(q);
    if (key === this.#drawn) return;
    this.#drawn = key;
    const open = isWritten(q), known = !!q.right?.length;
    this.#$("[data-text]").textContent = q.text || this.#w["aloud" + q.kind] || this.#w[q.kind];
    const list = this.#$("[data-choices]");
    list.hidden = open;
    const focused = list.contains(document.activeElement) ? [...list.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    list.replaceChildren(...Array.from({ length: countOf(q) }, (_, i) => {
      const row = document.createElement("li"), b = document.createElement("button"), label = document.createElement("span"), n = document.createElement("b");
      b.type = "button";
      b.dataset.ask = "right";
      b.value = i;
      b.className = "ask-choice";
      b.setAttribute("aria-pressed", String(known ? q.right.includes(i) : this.#right.has(i)));
      b.disabled = known;
      label.textContent = labelOf(q, i, this.#w) || this.#w.choice.replace("%s", letter(i));
      n.dataset.n = i;
      n.textContent = "0";
      b.append(figure(i, q.kind === "truefalse"), label, n);
      row.append(b);
      return row;
    }));
    if (focused >= 0) list.querySelectorAll("button")[focused]?.focus();
    this.#$("[data-hint]").textContent = known ? "" : open ? "" : this.#w.hint;
    this.#$("[data-hint]").hidden = open || known;
    this.#$("[data-free]").hidden = !open || known;
    this.#$("[data-answer]").hidden = !(open && known);
    this.#$("[data-answer]").textContent = known && open ? "✓ " + q.right.join(" · ") : "";
    this.#$("[data-ask=close]").hidden = !q.open;
    this.#$("[data-ask=reveal]").hidden = known;
    this.#$("[data-state]").textContent = known ? this.#w.revealed : q.open ? this.#w.open : this.#w.closed;
    this.#list();
  }

  #choose(button, q) {
    const i = Number(button.value);
    if (q.kind === "truefalse") { this.#right.clear(); }
    this.#right.has(i) ? this.#right.delete(i) : this.#right.add(i);
    for (const b of this.querySelectorAll("[data-ask=right]")) b.setAttribute("aria-pressed", String(this.#right.has(Number(b.value))));
  }

  async #reveal(q) {
    const open = isWritten(q);
    const text = this.#$("[data-rights]").value.trim();
    const right = open ? (text ? [text] : []) : [...this.#right].sort((a, b) => a - b);
    if (!right.length) { this.#say(open ? this.#w.rightfree : this.#w.rightfirst); return (open ? this.#$("[data-rights]") : this.#$("[data-ask=right]")).focus(); }
    await this.#do({ t: "ask-close", id: q.id, reveal: { right } });
  }

  #count() {
    const t = this.#tally ?? { answered: 0, of: 0, counts: [] };
    if (!this.#question) return;
    this.#$("[data-count]").textContent = answered(t, this.#w);
    for (const n of this.querySelectorAll("[data-n]")) n.textContent = t.counts?.[n.dataset.n] ?? 0;
  }

  #take(m) {
    if (m.id !== this.#id && this.#id) return;
    if (m.full) this.#answers.clear();
    for (const a of m.answers) this.#answers.set(a.person, a);
    this.#list();
  }

  #show(names) {
    this.#names = names;
    const button = this.#$("[data-ask=names]");
    button.setAttribute("aria-expanded", String(names));
    button.textContent = names ? this.#w.hide : this.#w.see;
    this.#list();
  }

  // Without names: the texts alone, to choose one from. With them: who said
  // what. All of it is text, whatever it holds.
  #list() {
    const q = this.#question, list = this.#$("[data-given]"), words = !!q && isWritten(q);
    const rows = [...this.#answers.values()];
    list.hidden = !q || !(this.#names || (words && rows.length));
    if (list.hidden) return list.replaceChildren();
    const lang = document.documentElement.lang;
    if (this.#names) rows.sort((a, b) => this.#called(a.person).localeCompare(this.#called(b.person), lang));
    else rows.sort((a, b) => written(q, a.value, this.#w).localeCompare(written(q, b.value, this.#w), lang)); // not the order in which they came
    const focused = document.activeElement?.dataset.person;
    list.replaceChildren(...rows.map((a) => this.#row(q, a)));
    if (focused) [...list.querySelectorAll("button")].find((b) => b.dataset.person === focused)?.focus();
  }

  #row(q, a) {
    const row = document.createElement("li"), said = document.createElement("span");
    row.className = "ask-given";
    if (this.#names) {
      const name = document.createElement("b");
      name.textContent = this.#called(a.person);
      row.append(name, " ");
    }
    said.textContent = written(q, a.value, this.#w);
    row.append(said);
    if (isWritten(q)) {
      const b = document.createElement("button"), on = !!q.shown && q.shown === said.textContent;
      b.type = "button";
      b.dataset.ask = "show";
      b.dataset.person = a.person;
      b.setAttribute("aria-pressed", String(on));
      b.textContent = this.#w.show;
      b.setAttribute("aria-label", `${this.#w.show}, ${said.textContent}`);
      row.append(b);
    }
    return row;
  }
}

customElements.define("p-ask", PAsk);
