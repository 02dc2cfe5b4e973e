// <p-regie-eleves>: who is here, who is on what, who needs help first. States
// are a word and a shape; rows keep their place while a hand is on them.
import { pageOf } from "../../../web/src/ink/layers.js";
import { clockText, counted } from "./regie.js";

const IDLE_MS = 3 * 60e3;
const ORDER = ["hand", "stuck", "idle", "work", "here", "done", "absent", "gone"];
const SHOWN = { help: ["hand", "stuck", "idle"], work: ["work", "here"], done: ["done"], out: ["absent", "gone"] };

class RegieEleves extends HTMLElement {
  #regie; #w = this.dataset; #rows = new Map(); #tick = 0; #states = new Map();

  follow(regie) {
    this.#regie = regie;
    for (const row of this.querySelectorAll("[data-person]")) this.#rows.set(row.dataset.person, row);
    regie.addEventListener("members", () => this.#paint());
    regie.addEventListener("screens", () => this.#paint());
    this.addEventListener("click", (e) => this.#click(e.target.closest("[data-do]")));
    this.addEventListener("change", (e) => (e.target.name === "montre" ? this.#sift() : this.#count()));
    this.#tick = setInterval(() => this.#paint(), 30e3); // quiet ones show without a message
    this.#paint();
  }

  disconnectedCallback() { clearInterval(this.#tick); }

  #$(sel) { return this.querySelector(sel); }
  #said(person, what) { return this.#regie.members.get(person)?.[what]; }

  #click(button) {
    const person = button?.closest("[data-person]")?.dataset.person;
    switch (button?.dataset.do) {
      case "lower": return this.#regie.do({ t: "lower", person });
      case "for": return this.#aim([person], this.#regie.name(person));
      case "share": return this.#regie.do({ t: "share-ask", person });
      case "accept": return this.#accept(this.#said(person, "offer"));
      case "own-close": return this.#regie.control({ to: "pupils", for: [person] }, { t: "close" });
      case "choose": return this.#choose(button.getAttribute("aria-pressed") !== "true");
      case "choose-end": return this.#choose(false);
      case "group": return this.#group();
    }
  }

  #aim(people, label) {
    this.#regie.setAim({ to: "pupils", for: people, label });
    this.#regie.emit("view", "ouvrir");
  }

  async #accept(offer) {
    if (!offer) return;
    const item = (await this.#regie.item(offer.item)) ?? { id: offer.item };
    const page = item.paged ? pageOf(offer) : offer.page;
    const at = page ? { page } : { position: offer.position ?? 0 };
    await this.#regie.open(item, { ...at, playing: false }, { to: "boards" });
  }

  // Several pupils make a group, kept for the lesson on this tablet alone.
  #choose(on) {
    this.toggleAttribute("choosing", on);
    this.#$("[data-do=choose]").setAttribute("aria-pressed", String(on));
    this.#$("[data-chosen]").hidden = !on;
    for (const box of this.querySelectorAll(".present-coche")) { box.hidden = !on; box.firstElementChild.checked = false; }
    this.#count();
  }

  get #chosen() { return [...this.querySelectorAll(".present-coche input:checked")].map((box) => box.value); }

  #count() {
    const n = this.#chosen.length;
    this.#$("[data-howmany]").textContent = counted(n < 2 ? this.#w.chosen1 : this.#w.chosen, n);
    this.#$("[data-do=group]").disabled = n === 0 || n > 40;
  }

  #group() {
    const people = this.#chosen;
    if (people.length === 1) { this.#choose(false); return this.#aim(people, this.#regie.name(people[0])); }
    const label = this.#w.group.replace("%d", this.#regie.groups.length + 1);
    this.#regie.group(label, people);
    this.#choose(false);
    this.#aim(people, label);
  }

  #state(row, m, now) {
    if (!m?.online) return "absent" in row.dataset ? "absent" : "gone";
    if (m.hand) return "hand";
    if (m.mood) return m.mood;
    if (now - m.seen > IDLE_MS) return "idle";
    return m.item ? "work" : "here";
  }

  #paint() {
    const now = this.#regie.live.now(), tally = { here: 0 };
    this.#states.clear();
    // A pupil of another class, or new since the page was made.
    for (const m of this.#regie.members.values()) if (m.role === "pupil" && !this.#rows.has(m.id)) this.#add(m);
    for (const [person, row] of this.#rows) {
      const m = this.#regie.members.get(person), state = this.#state(row, m, now);
      this.#states.set(person, state);
      tally[state] = (tally[state] ?? 0) + 1;
      if (m?.online) tally.online = (tally.online ?? 0) + 1;
      this.#row(row, m, state, now);
    }
    this.#order();
    this.#sift();
    this.#summary(tally);
  }

  #add(m) {
    const row = this.#$("[data-person]")?.cloneNode(true);
    if (!row) return;
    row.dataset.person = m.id;
    row.dataset.name = m.name;
    delete row.dataset.absent;
    row.querySelector(".present-nom").textContent = m.name;
    row.querySelector("details").open = false;
    row.querySelector("input").value = m.id;
    row.querySelector("input + span").textContent = m.name;
    this.#rows.set(m.id, row);
    this.#$("[data-pupils]").append(row);
  }

  #row(row, m, state, now) {
    row.dataset.state = state;
    const held = row.contains(document.activeElement);
    const set = (sel, text) => { const el = row.querySelector(sel); if (el.textContent !== text) el.textContent = text; };
    let said = this.#w["s" + state];
    if (state === "idle") said = said.replace("%d", Math.floor((now - m.seen) / 60e3));
    const share = m?.online && (m.offer ? this.#w.offers : { asked: this.#w.asked, yes: this.#w.yes, no: this.#w.no }[m.share]);
    set("[data-said]", share ? `${said} · ${share}` : said);
    row.querySelector("[data-do=lower]").hidden = !m?.hand;
    row.querySelector("[data-do=accept]").hidden = !(m?.online && m.offer);
    row.querySelector("[data-do=own-close]").hidden = !m?.stage;
    for (const what of ["share", "for"]) row.querySelector(`[data-do=${what}]`).disabled = !m?.online;
    if (held && document.activeElement.closest("[hidden]")) row.querySelector("summary").focus();
    this.#on(row, m);
  }

  // On what, and where in it.
  async #on(row, m) {
    const out = row.querySelector("[data-on]");
    const show = (text) => { if (out.textContent !== text) out.textContent = text; };
    if (!m?.online || !m.item) return show("");
    const item = await this.#regie.item(m.item);
    const where = item?.paged ? this.#w.page.replace("%d", Math.max(1, Math.round(m.position ?? 0))) : m.position ? clockText(m.position) : "";
    show([m.stage ? this.#w.own : "", item?.title ?? "", where].filter(Boolean).join(" · "));
  }

  #order() {
    const list = this.#$("[data-pupils]");
    if (list.matches(":focus-within, :hover:active") || list.querySelector("details[open]")) return; // nothing moves under a finger
    const lang = document.documentElement.lang, rank = (p) => ORDER.indexOf(this.#states.get(p));
    const sorted = [...this.#rows].sort(([a, ra], [b, rb]) => rank(a) - rank(b) || this.#since(a) - this.#since(b) || ra.dataset.name.localeCompare(rb.dataset.name, lang));
    if (sorted.some(([, row], i) => list.children[i] !== row)) list.append(...sorted.map(([, row]) => row));
  }

  // Hands and stuck ones wait their turn.
  #since(person) {
    const state = this.#states.get(person);
    return state === "hand" ? this.#said(person, "hand") : state === "stuck" ? (this.#said(person, "since") ?? 0) : 0;
  }

  #sift() {
    const shown = SHOWN[this.#$("[name=montre]:checked").value];
    let any = false;
    for (const [person, row] of this.#rows) {
      row.hidden = !!shown && !shown.includes(this.#states.get(person));
      any ||= !row.hidden;
    }
    this.#$("[data-nobody]").hidden = any;
    if (this.contains(document.activeElement) && document.activeElement.closest("[data-person][hidden]")) this.#$("[name=montre]:checked").focus();
  }

  #summary(tally) {
    for (const out of this.querySelectorAll("[data-n]")) out.textContent = SHOWN[out.dataset.n].reduce((n, s) => n + (tally[s] ?? 0), 0) || "";
    const said = [this.#w.count.replace("%d", tally.online ?? 0).replace("%n", this.#rows.size)];
    for (const [state, words] of [["hand", "hands"], ["stuck", "stucks"]]) {
      const n = tally[state];
      if (n) said.push(counted(n === 1 ? this.#w[words + "1"] : this.#w[words], n));
    }
    this.#regie.emit("summary", { text: said.join(" · "), help: (tally.hand ?? 0) + (tally.stuck ?? 0) });
  }
}

customElements.define("p-regie-eleves", RegieEleves);
