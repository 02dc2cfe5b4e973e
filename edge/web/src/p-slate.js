// <p-slate>: the teacher's sheet. What the class sees, small and in step, to
// draw over; each stroke is on every screen at once. It is part of the
// teacher's remote, which gives it its line.
import { follow } from "./live.js";
import { pages } from "./ink/layers.js";
import { scene } from "./p-scene.js";
import { inkOver } from "./p-ink.js";
import { Pen, send } from "./ink/pen.js";
import { tools } from "./ink/tools.js";

class Slate extends HTMLElement {
  #launch = ""; #letGo = null; #pen = null; #ink = null; #untie = null; #on = null; #kept = null;

  follow({ live }) {
    this.live = live;
    this.#on = new AbortController();
    const options = { signal: this.#on.signal };
    for (const type of ["stage", "welcome", "chalk"]) this.live.addEventListener(type, () => this.#follow(), options);
    this.addEventListener("click", (e) => this.#do(e.target.closest("[data-slate]")?.dataset.slate), options);
    this.addEventListener("keydown", (e) => { if (e.key === "Escape" && this.hasAttribute("big")) this.#do("big"); }, options);
    this.#follow();
  }

  disconnectedCallback() { this.#on?.abort(); this.#clear(); }

  #$(sel) { return this.querySelector(sel); }
  get #stage() { return this.live.stages.boards ?? this.live.stages.pupils; }
  get #open() { return !this.#$("[data-sheet]").hidden; }
  #say(text) { this.#$("[data-said]").textContent = text; }

  #do(what) {
    if (what === "open") this.#turn(!this.#open);
    else if (what === "big") this.#grow(!this.hasAttribute("big"));
    else if (what === "chalk") this.live.command({ t: "chalk", on: !this.live.chalk }).catch((err) => this.#refused(err));
    else if (what === "resume") this.#resume();
  }

  #turn(on) {
    this.#say(on && !this.#stage ? this.dataset.none : "");
    on &&= !!this.#stage;
    const button = this.#$("[data-slate=open]");
    this.#$("[data-sheet]").hidden = !on;
    button.setAttribute("aria-expanded", String(on));
    button.querySelector("span").textContent = on ? this.dataset.close : this.dataset.open;
    if (!on) { this.#grow(false); this.#clear(); }
    this.#follow();
  }

  #grow(on) {
    this.toggleAttribute("big", on);
    const button = this.#$("[data-slate=big]");
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = on ? this.dataset.small : this.dataset.big;
  }

  #follow() {
    const stage = this.#stage;
    this.#$("[data-slate=chalk]").setAttribute("aria-pressed", String(!!this.live.chalk));
    if (!stage && this.#open) this.#turn(false);
    if (!this.#open || stage?.launch === this.#launch) return;
    this.#show(stage);
  }

  async #show(stage) {
    this.#clear();
    this.#launch = stage.launch;
    this.#say("");
    try {
      const nodes = await scene(stage.item, stage.page);
      if (this.#launch !== stage.launch) return;
      this.#$("[data-scene]").replaceChildren(...nodes);
    } catch {
      this.#launch = "";
      return this.#say(this.dataset.missing);
    }
    const shown = this.#$(".scene");
    shown.querySelector(".scene-tools")?.remove();
    const film = shown.querySelector("video");
    if (film) {
      film.muted = true; // the class hears the board
      this.#letGo = follow(this.live, film, () => this.#stage);
    }
    pages(this.live, shown, () => this.#stage);
    this.#ink = inkOver(this.live, shown, "", () => this.#stage);
    this.#pen = new Pen(this.#ink, (err) => this.#refused(err));
    this.#untie = tools(this.#$("[data-ink-tools]"), this.#pen, (err) => this.#refused(err));
    this.#offer(stage);
  }

  #clear() {
    this.#launch = "";
    this.#letGo?.();
    this.#untie?.();
    this.#pen?.stop();
    this.#ink?.remove();
    this.#letGo = this.#pen = this.#ink = this.#untie = this.#kept = null;
    this.#$("[data-scene]").replaceChildren();
    this.#$("[data-slate=resume]").hidden = true;
  }

  #refused(err) { this.#say(err.kind === "conflict" ? this.dataset.full : err.kind === "offline" ? (err.sent ? this.dataset.unsure : this.dataset.offline) : this.dataset.refused); }

  // What was drawn on the same item another day comes back on one tap.
  async #offer(stage) {
    try {
      const answer = await fetch(`${this.dataset.kept}?item=${encodeURIComponent(stage.item)}&but=${encodeURIComponent(stage.launch)}`, { headers: { Accept: "application/json" } });
      const { layers } = answer.ok ? await answer.json() : { layers: [] };
      if (this.#launch !== stage.launch || !layers?.length) return;
      this.#kept = layers;
      this.#$("[data-slate=resume]").hidden = false;
    } catch { /* no line: nothing is offered */ }
  }

  // What was drawn on a pack before its pages had numbers was on the first.
  #page(layer, stage) {
    const page = layer.page || (stage.pages > 1 ? 1 : 0);
    return page ? { page } : {};
  }

  async #resume() {
    const stage = this.#stage, button = this.#$("[data-slate=resume]");
    if (!stage || !this.#kept) return;
    button.disabled = true;
    try {
      for (const l of this.#kept) await send(this.live, l.to, { launch: stage.launch, ...this.#page(l, stage) }, l.strokes);
      button.hidden = true;
      this.#say(this.dataset.resumed);
    } catch (err) {
      this.#refused(err);
    } finally {
      button.disabled = false;
    }
  }
}

customElements.define("p-slate", Slate);
